// The names of people over the HTTP API: where they are shown, and how they are erased.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "api/dispatch.h"
#include "support/test_api.h"

namespace syncline::api {
namespace {

using identity::Identity;
using testing::TestApi;
using testing::Typist;

identity::Token person(const char* secret, const char* id, const char* name,
                       const char* tenant = "") {
  return {secret,
          {.id = id,
           .identity = std::make_shared<Identity>(
               Identity{.source = Identity::Source::kJwt, .name = name, .tenant = tenant})}};
}

bool shows(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

class PeopleApi : public ::testing::Test {
 protected:
  PeopleApi() {
    Typist typist(1);
    node_.change("w", "notes", typist.type("x"));
  }

  std::shared_ptr<testing::FakeAnswer> answer(const std::string& method, const std::string& target,
                                              const char* token = "ada") {
    return node_.ask(method, "/v1/" + target,
                     std::string("Authorization: Bearer ") + token + "\r\n");
  }
  int status(const std::string& method, const std::string& target, const char* token = "ada") {
    return answer(method, target, token)->head->status;
  }
  std::string text(const std::string& target, const char* token = "ada") {
    const auto answered = answer("GET", target, token);
    EXPECT_EQ(answered->head->status, 200) << target << ": " << answered->body;
    return answered->body;
  }
  void act() {
    ASSERT_EQ(status("PUT", "workspaces/w/pins/v1"), 200);
    node_.run();
  }

  TestApi node_{identity::Access(
      {person("ada", "u1", "Ada"),
       person("eve", "u2", "Eve", "other"),
       {"boss",
        {.id = "boss",
         .rights = identity::Rights::all().without(identity::Rights::of_the_server())}},
       {"look", {.id = "bob", .rights = identity::Rights::reading()}},
       {"write", {.id = "cy", .rights = identity::Rights::writing()}}})};
};

constexpr std::string_view kAda = R"("principal":"u1","name":"Ada","verified":true)";

TEST_F(PeopleApi, ShowsTheNameThatATokenSays) {
  act();
  ASSERT_EQ(status("PUT", "workspaces/w/hold?reason=x"), 200);
  EXPECT_TRUE(shows(text("workspaces/w/log", "look"), kAda));
  EXPECT_TRUE(shows(text("workspaces/w/changes", "look"), kAda));
  EXPECT_TRUE(shows(text("workspaces/w/retention", "look"), kAda));
  EXPECT_TRUE(shows(text("workspaces/w/pins", "look"),
                    R"("principal":"u1","principal_name":"Ada","verified":true)"));
  EXPECT_FALSE(shows(text("workspaces/w/blame/notes"), "name")) << "ann has none";
  EXPECT_TRUE(shows(text("people"), R"({"principal":"u1","name":"Ada","first_seen":")"));
}

TEST_F(PeopleApi, NoEventAndNoExportHoldsAName) {
  act();
  EXPECT_FALSE(shows(text("workspaces/w/export"), "Ada"));
  EXPECT_FALSE(shows(text("workspaces/w/objects/.%2Fpins"), "Ada"));
}

TEST_F(PeopleApi, WhoeverOnlyReadsIsNotKept) {
  text("workspaces/w/log");
  EXPECT_EQ(text("people"), "{\"people\":[],\"next\":null}\n");
}

TEST_F(PeopleApi, AnErasedNameIsShownNowhere) {
  act();
  EXPECT_EQ(status("DELETE", "people/u1"), 204);
  EXPECT_FALSE(shows(text("workspaces/w/log"), "Ada"));
  EXPECT_FALSE(shows(text("people"), "Ada"));
  EXPECT_EQ(status("DELETE", "people/u1"), 404);
  act();
  EXPECT_TRUE(shows(text("workspaces/w/log"), kAda)) << "the token says it again";
}

TEST_F(PeopleApi, ANameThatIsErasedForGoodDoesNotComeBack) {
  EXPECT_EQ(status("DELETE", "people/u1?forget=1"), 204) << "before he has come";
  act();
  EXPECT_FALSE(shows(text("workspaces/w/log"), "Ada"));
  EXPECT_TRUE(shows(text("people"), R"({"principal":"u1","name":null,"forgotten":true})"));
}

// When it becomes an event, its author may be gone, and what his token said with him.
TEST_F(PeopleApi, ShowsTheNameOfWhoeseChangeHadToWait) {
  Typist typist(7);
  const Bytes first = typist.type("a");
  const Bytes second = typist.type("b");
  const auto ada = node_.access.authenticate("ada");
  node_.shards->on_owner("w", [&](node::Shard& shard) {
    shard.host.get("w").change(
        "late", {.caller = {.principal = *ada, .rights = ada->rights, .actor = "a1"}},
        [&](const merge::Object&, log::Position) { return second; },
        [](Result<workspace::Receipt>) {});
  });
  node_.run();
  node_.change("w", "late", first);
  EXPECT_TRUE(shows(text("workspaces/w/log?object=late"), kAda));
}

TEST_F(PeopleApi, IsForAdministratorsOfTheTenant) {
  act();
  EXPECT_EQ(status("GET", "people", "write"), 403);
  EXPECT_EQ(status("DELETE", "people/u1", "write"), 403);
  EXPECT_EQ(status("GET", "workspaces/w/guests", "write"), 403);
  EXPECT_EQ(text("people", "eve"), "{\"people\":[],\"next\":null}\n");
  EXPECT_EQ(status("DELETE", "people/u1", "eve"), 404);
  EXPECT_FALSE(shows(text("workspaces/w/log", "eve"), "Ada"));
  EXPECT_TRUE(shows(text("workspaces/w/log"), kAda));
}

TEST_F(PeopleApi, PeopleComeInPages) {
  act();
  ASSERT_EQ(status("DELETE", "people/%2F2?forget=1"), 204);
  EXPECT_TRUE(shows(text("people?limit=1"), R"([{"principal":"/2")"));
  EXPECT_TRUE(shows(text("people?limit=1"), R"("next":"/2")"));
  EXPECT_TRUE(shows(text("people?after=%2F2"), R"([{"principal":"u1")"));
  EXPECT_EQ(status("DELETE", "people/%zz"), 400);
}

TEST_F(PeopleApi, SaysWhoAsks) {
  EXPECT_EQ(text("me"),
            R"({"principal":"u1","name":"Ada","verified":true,"rights":"admin","expires":null})"
            "\n");
  EXPECT_EQ(text("me", "look"),
            R"({"principal":"bob","name":null,"verified":false,"rights":"read","expires":null})"
            "\n");
  EXPECT_TRUE(shows(text("me", "write"), R"("rights":"write")"));
  EXPECT_TRUE(shows(text("me", "boss"), R"("rights":"admin")")) << "within his tenant";
  EXPECT_EQ(status("GET", "me", "nobody"), 401);
}

}  // namespace
}  // namespace syncline::api
