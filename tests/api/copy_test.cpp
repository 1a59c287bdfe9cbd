// Copies of objects, and templates, which are objects that are copied.
#include <gtest/gtest.h>

#include <string>

#include "support/hand_jobs.h"
#include "support/test_api.h"
#include "syncline/crdt/any.h"
#include "syncline/crdt/doc.h"

namespace syncline::api {
namespace {

using testing::FakeAnswer;
using testing::TestApi;

class Copies : public ::testing::Test {
 protected:
  using Answer = std::shared_ptr<FakeAnswer>;

  Answer ask(const std::string& method, const std::string& target, const char* token = "full",
             std::string body = {}, const std::string& headers = {}) {
    node.body = std::move(body);
    auto answer = node.ask(method, "/v1/workspaces/" + target,
                           "Authorization: Bearer " + std::string(token) + "\r\n" + headers);
    node.body.clear();
    return answer;
  }
  void write(const std::string& target, const std::string& text) {
    const Answer answer =
        ask("PUT", target + "?root=content", "full", text, "Content-Type: text/plain\r\n");
    EXPECT_LT(answer->head->status, 300) << answer->body;
  }
  std::string text(const std::string& target) { return ask("GET", target + "?as=text")->body; }

  TestApi node{identity::Access({{"full", {.id = "ann"}},
                                 {"look", {.id = "bob", .rights = identity::Rights::reading()}},
                                 {"one",
                                  {.id = "eve",
                                   .identity = std::make_shared<const identity::Identity>(
                                       identity::Identity{.workspace = "w"})}}}),
               2};
};

TEST_F(Copies, ACopyBeginsWithWhatTheOriginalShows) {
  write("w/objects/templates/minutes", "Agenda:");
  const Answer copied = ask("POST", "w/objects/monday?copy_from=templates/minutes");
  EXPECT_EQ(copied->head->status, 201) << copied->body;
  EXPECT_EQ(copied->body,
            R"({"workspace":"w","object":"monday","position":2,"copied":{"workspace":"w",)"
            R"("object":"templates/minutes","position":1}})"
            "\n");
  EXPECT_EQ(text("w/objects/monday"), "Agenda:");
  // Each goes its own way.
  write("w/objects/monday", "Agenda: bread");
  EXPECT_EQ(text("w/objects/templates/minutes"), "Agenda:");
  const Answer history = ask("GET", "w/changes/monday");
  EXPECT_NE(history->body.find(R"("actor":"copy of w/templates/minutes at 1")"), std::string::npos)
      << history->body;
  EXPECT_NE(history->body.find(R"("principal":"ann")"), std::string::npos);
}

// An editor of the original that sends what it has to the copy would double its content, if the copy had its ids it
// would merge, and what was deleted in the original would be there to be asked for.
TEST_F(Copies, ACopyHasIdsOfItsOwnAndNothingThatWasDeleted) {
  write("w/objects/a", "secret plan");
  write("w/objects/a", "plan");
  ask("POST", "w/objects/b?copy_from=a");
  const auto update = [&](const std::string& object) {
    return ask("GET", "w/objects/" + object + "?as=update")->body;
  };
  crdt::Doc original({.client_id = 1});
  crdt::Doc copy({.client_id = 2});
  ASSERT_TRUE(original.apply_update(as_bytes(update("a"))));
  ASSERT_TRUE(copy.apply_update(as_bytes(update("b"))));
  EXPECT_EQ(copy.text("content").to_string(), "plan");
  EXPECT_NE(original.state_vector(), copy.state_vector());
  EXPECT_EQ(update("b").find("secret"), std::string::npos);
  // Two copies have different ids, too.
  ask("POST", "w/objects/c?copy_from=a");
  EXPECT_NE(update("b"), update("c"));
}

TEST_F(Copies, OfAMomentAndFromAnotherWorkspace) {
  write("library/objects/form", "one");
  write("library/objects/form", "two");
  EXPECT_EQ(ask("POST", "w/objects/then?copy_from=form&workspace=library&at=1")->head->status, 201);
  EXPECT_EQ(text("w/objects/then"), "one");
  EXPECT_EQ(ask("POST", "w/objects/now?copy_from=form&workspace=library")->head->status, 201);
  EXPECT_EQ(text("w/objects/now"), "two");
}

TEST_F(Copies, NothingIsOverwritten) {
  write("w/objects/a", "one");
  write("w/objects/b", "two");
  const Answer refused = ask("POST", "w/objects/b?copy_from=a");
  EXPECT_EQ(refused->head->status, 409);
  EXPECT_NE(refused->body.find("object b exists"), std::string::npos) << refused->body;
  EXPECT_EQ(text("w/objects/b"), "two");
}

TEST_F(Copies, AKeyMakesOneCopy) {
  write("w/objects/a", "one");
  const auto copy = [&](const std::string& target) {
    return ask("POST", target, "full", "", "Idempotency-Key: k1\r\n");
  };
  const Answer first = copy("w/objects/b?copy_from=a");
  const Answer again = copy("w/objects/b?copy_from=a");
  EXPECT_EQ(first->head->status, 201);
  EXPECT_EQ(again->head->status, 200) << again->body;
  EXPECT_EQ(again->header("Idempotent-Replayed"), "true");
  EXPECT_EQ(again->body, first->body);
  EXPECT_EQ(copy("w/objects/c?copy_from=a")->head->status, 422);
}

TEST_F(Copies, TheCallerReadsTheOneAndWritesTheOther) {
  write("w/objects/a", "one");
  write("other/objects/a", "two");
  EXPECT_EQ(ask("POST", "w/objects/b?copy_from=a", "look")->head->status, 403);
  EXPECT_EQ(ask("POST", "w/objects/b?copy_from=a&workspace=other", "one")->head->status, 403);
  EXPECT_EQ(ask("POST", "other/objects/b?copy_from=a&workspace=w", "one")->head->status, 403);
  ASSERT_EQ(ask("PUT", "other/policies/all", "full",
                "permit (principal, action, resource); forbid (principal == Principal::\"ann\", "
                "action, resource in Object::\"a\");")
                ->head->status,
            200);
  const Answer refused = ask("POST", "w/objects/b?copy_from=a&workspace=other");
  EXPECT_EQ(refused->head->status, 403) << refused->body;
  EXPECT_EQ(refused->body.find("two"), std::string::npos);
  EXPECT_EQ(ask("GET", "w/objects/b")->head->status, 404);
}

TEST_F(Copies, WhatCannotBeCopiedIsRefused) {
  write("w/objects/a", "one");
  const auto status = [&](const std::string& query) {
    return ask("POST", "w/objects/b" + query)->head->status;
  };
  EXPECT_EQ(status(""), 400);
  EXPECT_EQ(status("?copy_from=b"), 400);
  EXPECT_EQ(status("?copy_from=none"), 404);
  EXPECT_EQ(status("?copy_from=a&workspace=none"), 404);
  EXPECT_EQ(status("?copy_from=a&at=99"), 404);
  EXPECT_EQ(status("?copy_from=a&at=0"), 404);
  EXPECT_EQ(status("?copy_from=.%2Fpins"), 403);
  EXPECT_EQ(status("?copy_from=a&workspace=.system"), 403);
  write("w/objects/a", "");
  EXPECT_EQ(status("?copy_from=a"), 409) << "it shows nothing";
  EXPECT_EQ(ask("GET", "w/objects/b")->head->status, 404);
}

}  // namespace
}  // namespace syncline::api
