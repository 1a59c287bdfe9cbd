// What happens in a workspace, as server-sent events.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/test_api.h"
#include "support/test_world.h"

namespace syncline::api {
namespace {

using testing::FakeAnswer;
using testing::TestApi;
using testing::Typist;
using Answer = std::shared_ptr<FakeAnswer>;

class ApiEvents : public ::testing::Test {
 protected:
  void change(const std::string& object, const std::string& text = "x") {
    auto [typist, added] = typists_.try_emplace(object, 1);
    node_.change("w", object, typist->second.type(text));
  }
  Answer follow(const std::string& query, const std::string& token = "reader",
                const std::string& headers = {}, const std::string& object = {}) {
    return node_.ask("GET", "/v1/workspaces/w/events" + object + query,
                     "Authorization: Bearer " + token + "\r\n" + headers, other_loop());
  }
  int status(const std::string& method, const std::string& target, const std::string& body = {}) {
    node_.body = body;
    const auto answer = node_.ask(method, target, "Authorization: Bearer admin\r\n");
    node_.body.clear();
    return answer->head->status;
  }
  // The ids of all that was sent, "1 2 3 ".
  static std::string ids(const Answer& answer) {
    std::string found;
    for (std::size_t at = answer->body.find("id: "); at != std::string::npos;
         at = answer->body.find("id: ", at + 1))
      found += answer->body.substr(at + 4, answer->body.find('\n', at) - at - 4) + " ";
    return found;
  }
  // The connection is on another loop than the workspace.
  std::size_t other_loop() const { return 1 - node_.owner_of("w"); }
  session::EventFeeds& feeds() { return node_.shards->at(node_.owner_of("w"))->feeds; }
  std::string session_id() {
    const auto list = node_.ask("GET", "/v1/sessions", "Authorization: Bearer admin\r\n")->body;
    const std::size_t at = list.find("\"session\":\"");
    return at == std::string::npos ? list : list.substr(at + 11, list.find('"', at + 11) - at - 11);
  }

  static identity::Identity of_a_jwt() {
    return {.source = identity::Identity::Source::kJwt, .token = "one"};
  }

  static identity::Identity ends_soon() {
    return {.expires_ms = testing::VirtualLoop().unix_ms() + 5'000};
  }
  static identity::Identity of_acme() { return {.tenant = "acme"}; }

  TestApi node_{
      identity::Access(
          {{"admin", {.id = "root"}},
           {"reader", {.id = "r", .rights = identity::Rights::reading()}},
           {"looker", {.id = "l", .rights = identity::Rights::none().with(identity::Right::kRead)}},
           {"jwt", {.id = "j", .identity = std::make_shared<identity::Identity>(of_a_jwt())}},
           {"soon", {.id = "s", .identity = std::make_shared<identity::Identity>(ends_soon())}},
           {"acme", {.id = "a", .identity = std::make_shared<identity::Identity>(of_acme())}}}),
      2};
  std::map<std::string, Typist> typists_;  // by object
};

TEST_F(ApiEvents, WhatIsThereIsFollowedByWhatComes) {
  change("plan");
  change("plan");
  const Answer answer = follow("?after=0");
  EXPECT_EQ(answer->header("Content-Type"), "text/event-stream");
  EXPECT_EQ(ids(answer), "1 2 ");
  change("notes");
  EXPECT_EQ(ids(answer), "1 2 3 ");
  EXPECT_NE(answer->body.find("\nevent: change\ndata: {\"position\":3,"), std::string::npos);
  EXPECT_EQ(answer->body.find("\"update\""), std::string::npos);
  EXPECT_FALSE(answer->ended);
}

TEST_F(ApiEvents, WithoutAPlaceOnlyWhatComesIsShown) {
  change("plan");
  const Answer answer = follow("");
  EXPECT_EQ(ids(answer), "");
  change("plan");
  EXPECT_EQ(ids(answer), "2 ");
}

TEST_F(ApiEvents, AClientGoesOnWhereItWas) {
  for (int i = 0; i < 4; ++i) change("plan");
  EXPECT_EQ(ids(follow("?after=1", "reader", "Last-Event-ID: 3\r\n")), "4 ");
  EXPECT_EQ(follow("", "reader", "Last-Event-ID: x\r\n")->head->status, 400);
  EXPECT_EQ(follow("?after=-1")->head->status, 400);
}

TEST_F(ApiEvents, OneObjectOrAPrefixOrATypeIsChosen) {
  change("notes/a");
  change("notes/b");
  change("other");
  EXPECT_EQ(ids(follow("?after=0", "reader", {}, "/notes/b")), "2 ");
  EXPECT_EQ(ids(follow("?after=0&prefix=notes/")), "1 2 ");
  EXPECT_EQ(ids(follow("?after=0&type=doc")), "1 2 3 ");
  EXPECT_EQ(ids(follow("?after=0&type=table")), "3 ") << "where to go on";
}

TEST_F(ApiEvents, WhoeverDoesNotFollowGetsWhatThereIs) {
  change("plan");
  const Answer answer = follow("?after=0&follow=0");
  EXPECT_EQ(ids(answer), "1 ");
  EXPECT_TRUE(answer->ended);
  EXPECT_EQ(feeds().size(), 0u);
}

TEST_F(ApiEvents, WhoDidWhatIsForThoseWhoSeeHistory) {
  change("plan");
  EXPECT_NE(follow("?after=0&content=1")->body.find(",\"update\":\""), std::string::npos);
  for (const char* query : {"?after=0&content=1", "?after=0"})
    EXPECT_EQ(follow(query, "looker")->body,
              ": the events of a workspace\n\nid: 1\nevent: change\n"
              "data: {\"position\":1,\"object\":\"plan\",\"type\":\"doc\"}\n\n");
}

TEST_F(ApiEvents, ALongChangeIsLeftOut) {
  change("plan", std::string(session::EventTail::kMostContent + 1, 'x'));
  const Answer answer = follow("?after=0&content=1");
  EXPECT_EQ(ids(answer), "1 ");
  EXPECT_EQ(answer->body.find("\"update\""), std::string::npos);
}

// ---- the door

TEST_F(ApiEvents, RulesDecideForEachObjectAndAtEachMoment) {
  change("open");
  change("closed");
  const Answer answer = follow("?after=0");
  EXPECT_EQ(ids(answer), "1 2 ");
  ASSERT_EQ(status("PUT", "/v1/workspaces/w/policies/some",
                   "permit (principal, action, resource in Object::\"open\");"
                   "permit (principal, action, resource) when { principal == Principal::\"root\" "
                   "|| principal == Principal::\"ann\" };"),
            200);
  change("closed");
  change("open");
  // Behind the policy stands the session of whoever makes the changes.
  EXPECT_EQ(answer->body.find("\"position\":5,"), std::string::npos);
  EXPECT_NE(answer->body.find("\"position\":6,"), std::string::npos) << answer->body;
  EXPECT_EQ(answer->body.find("./policy"), std::string::npos) << "no objects of the system";
}

TEST_F(ApiEvents, AnOperatorSeesAndEndsAFeed) {
  change("plan");
  const Answer answer = follow("");
  const auto list = node_.ask("GET", "/v1/sessions", "Authorization: Bearer admin\r\n")->body;
  EXPECT_NE(list.find("\"protocol\":\"events\""), std::string::npos) << list;
  ASSERT_EQ(status("POST", "/v1/sessions/" + session_id() + "/kick"), 204);
  EXPECT_NE(answer->body.find("event: end\ndata: {\"code\":\"unavailable\""), std::string::npos)
      << answer->body;
  EXPECT_TRUE(answer->ended);
  EXPECT_EQ(feeds().size(), 0u);
}

TEST_F(ApiEvents, ARevokedTokenEndsItsFeed) {
  const Answer answer = follow("", "jwt");
  ASSERT_EQ(status("POST", "/v1/sessions/" + session_id() + "/revoke"), 204);
  EXPECT_TRUE(answer->ended);
  EXPECT_NE(answer->body.find("\"code\":\"unauthorized\""), std::string::npos) << answer->body;
  change("plan");
  EXPECT_EQ(ids(answer), "");
}

TEST_F(ApiEvents, ATokenThatExpiresEndsItsFeed) {
  const Answer answer = follow("", "soon");
  EXPECT_FALSE(answer->ended);
  for (auto& loop : node_.loops) loop->advance(6'000);
  node_.run();
  EXPECT_TRUE(answer->ended);
  EXPECT_NE(answer->body.find("the token has expired"), std::string::npos) << answer->body;
}

TEST_F(ApiEvents, ATenantThatIsClosedEndsItsFeeds) {
  node_.tenants.put({.name = "acme"});
  const Answer answer = follow("", "acme");
  ASSERT_EQ(answer->head->status, 200) << answer->body;
  EXPECT_FALSE(answer->ended);
  node_.tenants.put({.name = "acme", .state = limits::TenantState::kSuspended});
  for (auto& loop : node_.loops) loop->advance(10'000);  // longer than a sweep
  node_.run();
  EXPECT_TRUE(answer->ended);
  EXPECT_NE(answer->body.find("the tenant is not open"), std::string::npos) << answer->body;
}

TEST_F(ApiEvents, AServerThatStopsSaysSo) {
  const Answer answer = follow("");
  feeds().end_all();
  node_.run();
  EXPECT_TRUE(answer->ended);
  EXPECT_EQ(feeds().size(), 0u);
}

// ---- what it costs

TEST_F(ApiEvents, AFeedOfOneWhoLeftEnds) {
  change("plan");
  const Answer answer = follow("?after=0");
  EXPECT_EQ(feeds().size(), 1u);
  answer->closed = true;
  change("plan");
  EXPECT_EQ(feeds().size(), 0u);
}

TEST_F(ApiEvents, ThoseAtTheSamePlaceShareARead) {
  change("plan");
  std::vector<Answer> answers;
  for (int i = 0; i < 10; ++i) answers.push_back(follow(""));
  const std::size_t before = feeds().tail().reads();
  change("plan");
  for (const Answer& answer : answers) EXPECT_EQ(ids(answer), "2 ");
  EXPECT_EQ(feeds().tail().reads() - before, 1u) << "for all of them, and nobody looks for more";
}

// A read that is under way may have begun before the event was durable.
TEST_F(ApiEvents, WhoKnowsOfMoreDoesNotShareAnEarlierRead) {
  session::EventTail tail(node_.shards->at(node_.owner_of("w"))->store->events());
  session::TailPlace place{.workspace = "w", .durable = 1};
  int answers = 0;
  const auto read = [&] {
    tail.read(place, [&](Result<std::shared_ptr<const session::TailBatch>>) { ++answers; });
  };
  read();
  read();
  EXPECT_EQ(tail.reads(), 1u);
  place.durable = 2;
  read();
  EXPECT_EQ(tail.reads(), 2u);
  node_.run();
  EXPECT_EQ(answers, 3);
}

// What is durable is known when he comes, and not only when there is more.
TEST_F(ApiEvents, WhoHasAllThereIsReadsNothing) {
  change("plan");
  const Answer other = follow("");  // so the workspace stays open
  const std::size_t before = feeds().tail().reads();
  const Answer answer = follow("?after=1");
  EXPECT_EQ(feeds().tail().reads(), before);
  change("plan");
  EXPECT_EQ(ids(answer), "2 ");
}

// However far the read of another follower and the change have come.
TEST_F(ApiEvents, WhoComesWhileOthersReadMissesNothing) {
  constexpr int kSteps = 12;
  change("plan");
  log::Position last = 1;
  Typist typist(2);
  const auto begin = [&] {
    return node_.send("GET", "/v1/workspaces/w/events?after=" + std::to_string(last),
                      "Authorization: Bearer reader\r\n", other_loop());
  };
  for (int before = 0; before < kSteps; ++before)
    for (int after = 0; after < kSteps; ++after) {
      const Answer first = begin();
      for (int i = 0; i < before; ++i) node_.step();
      node_.begin_change("w", "list", typist.type("y"));
      for (int i = 0; i < after; ++i) node_.step();
      const Answer second = begin();
      node_.run();
      const std::string told = std::to_string(++last) + " ";
      EXPECT_EQ(ids(first), told) << before << ", " << after;
      EXPECT_EQ(ids(second), told) << before << ", " << after;
      for (const Answer& answer : {first, second}) answer->closed = true;
    }
}

TEST_F(ApiEvents, ASlowReaderIsNotGivenMoreThanOneBatch) {
  node_.answers_are_read = false;
  const Answer answer = follow("?after=0&content=1");
  for (int i = 0; i < 40; ++i) change("plan", std::string(20'000, 'x'));
  EXPECT_LT(answer->body.size(), std::size_t{1} << 20) << "of 1.1 MB";
  EXPECT_GT(answer->body.size(), std::size_t{256} << 10);
}

TEST_F(ApiEvents, AWorkspaceThatIsFollowedStaysInMemory) {
  change("plan");
  const Answer answer = follow("");
  const std::size_t owner = node_.owner_of("w");
  node_.loops[owner]->advance(60'000);
  node_.run();
  EXPECT_TRUE(node_.shards->at(owner)->host.has("w"));
  answer->closed = true;
  change("plan");
  node_.loops[owner]->advance(60'000);
  node_.run();
  EXPECT_FALSE(node_.shards->at(owner)->host.has("w"));
}

}  // namespace
}  // namespace syncline::api
