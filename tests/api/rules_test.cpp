// Pins, rules and holds over the HTTP API: each change is an event, and the objects that hold them can be read.
#include <gtest/gtest.h>

#include "api/dispatch.h"
#include "support/test_api.h"

namespace syncline::api {
namespace {

using testing::TestApi;
using testing::Typist;

class RulesApi : public ::testing::Test {
 protected:
  RulesApi() {
    Typist typist(1);
    for (int i = 0; i < 3; ++i) node_.change("w", "notes", typist.type("x"));
  }

  int status(const std::string& method, const std::string& target, const char* token = "full") {
    return answer(method, target, token)->head->status;
  }
  std::string text(const std::string& target, const char* token = "full") {
    const auto answered = answer("GET", target, token);
    EXPECT_EQ(answered->head->status, 200) << target << ": " << answered->body;
    return answered->body;
  }
  std::shared_ptr<testing::FakeAnswer> answer(const std::string& method, const std::string& target,
                                              const char* token) {
    return node_.ask(method, "/v1/workspaces/" + target,
                     std::string("Authorization: Bearer ") + token + "\r\n");
  }

  TestApi node_{identity::Access(
      {{"full", {.id = "ann"}}, {"look", {.id = "bob", .rights = identity::Rights::reading()}}})};
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

TEST_F(RulesApi, AChangeIsPartOfTheHistory) {
  EXPECT_EQ(status("PUT", "w/pins/v1?at=2"), 200);
  EXPECT_EQ(status("PUT", "w/retention?keep_last=100"), 200);
  EXPECT_EQ(status("PUT", "w/hold?reason=case+7"), 200);
  EXPECT_EQ(status("PUT", "w/hold?reason=case+8"), 409);
  EXPECT_EQ(status("DELETE", "w/hold"), 200);
  EXPECT_EQ(status("DELETE", "w/hold"), 409);
  EXPECT_EQ(status("DELETE", "w/pins/v1"), 204);
  EXPECT_EQ(status("DELETE", "w/pins/v1"), 404);
  EXPECT_EQ(status("PUT", "w/pins/v1?at=100"), 404);
  const std::string changes = text("w/changes");
  EXPECT_TRUE(has(changes, R"("object":"./pins")")) << changes;
  EXPECT_TRUE(
      has(changes, R"("path":"retention","keys":{"rule":{"set":{"keep_ms":0,"keep_last":100}}})"))
      << changes;
  EXPECT_TRUE(has(changes, R"("keys":{"v1":{"deleted":true}})")) << changes;
  EXPECT_TRUE(has(text("w/changes/.%2Fretention"), "case 7"));
}

TEST_F(RulesApi, SystemObjectsAreReadAndNotChanged) {
  ASSERT_EQ(status("PUT", "w/pins/v1?at=2"), 200);
  for (const char* name : {".%2Fpins", "%2E%2Fpins"}) {
    EXPECT_TRUE(has(text(std::string("w/objects/") + name, "look"), R"("v1":{"position":2)"));
    EXPECT_TRUE(has(text(std::string("w/objects/") + name + "?at=4", "look"), R"("v1")"));
  }
  EXPECT_EQ(status("GET", "w/objects/.%2Fretention"), 404);
  EXPECT_EQ(status("GET", "w/objects/.%2Fauthors%2Fnote"), 403) << "an index, and no object";
  EXPECT_EQ(status("POST", "w/restore/.%2Fpins?at=4&confirm=w"), 403);
  EXPECT_EQ(status("DELETE", "w/quarantine/.%2Fpins"), 403);
  EXPECT_FALSE(has(text("w/objects"), "pins"));
  EXPECT_TRUE(has(text("w/objects?prefix=.%2F"), R"("./pins")"));
  EXPECT_FALSE(has(text("w/state"), R"("object":"./pins")"));
}

TEST_F(RulesApi, AWorkspaceIsNotMadeByARule) {
  EXPECT_EQ(status("PUT", "nowhere/retention?keep_last=100"), 404);
  EXPECT_EQ(status("PUT", "nowhere/hold?reason=x"), 404);
  EXPECT_EQ(status("DELETE", "nowhere/pins/v1"), 404);
  EXPECT_EQ(status("PUT", "nowhere/pins/v1"), 400);
  EXPECT_FALSE(
      has(node_.ask("GET", "/v1/workspaces", "Authorization: Bearer full\r\n")->body, "nowhere"));
}

}  // namespace
}  // namespace syncline::api
