// The one door of the HTTP API: no route can be asked without its right, and work is done where it belongs.
#include "api/dispatch.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/metrics.h"
#include "support/test_api.h"

namespace syncline::api {
namespace {

using testing::TestApi;
using testing::Typist;

const identity::Access kTokens({{"full", {.id = "ann"}},
                                {"look", {.id = "bob", .rights = identity::Rights::reading()}}});
const std::string kFull = "Authorization: Bearer full\r\n";
const std::string kLook = "Authorization: Bearer look\r\n";
const std::string kForeign = "Origin: https://elsewhere.example\r\n";

std::string target_of(const Route& route) {
  std::string target(route.path);
  if (const auto at = target.find("{workspace}"); at != target.npos) target.replace(at, 11, "w");
  if (const auto at = target.find("{session}"); at != target.npos) target.replace(at, 9, "x");
  if (const auto at = target.find('{'); at != target.npos) target.replace(at, target.npos, "x");
  return target;
}

TEST(ApiDispatch, NoRouteIsServedWithoutItsRight) {
  TestApi node(kTokens);
  for (const Route* route : all_routes()) {
    const auto ask = [&](const std::string& token) {
      return node.ask(std::string(route->method), target_of(*route), token);
    };
    SCOPED_TRACE(std::string(route->method) + " " + std::string(route->path));
    for (const std::string& bad : {std::string(), std::string("Authorization: Bearer no\r\n")}) {
      const auto answer = ask(bad);
      ASSERT_TRUE(answer->head);
      EXPECT_EQ(answer->head->status, 401);
      EXPECT_EQ(answer->header("WWW-Authenticate"), "Bearer");
    }
    const int looking = ask(kLook)->head->status;
    if (!identity::Rights::reading().has(route->right)) {
      EXPECT_EQ(looking, 403);
    } else {
      EXPECT_NE(looking, 403);
    }
    for (const int full : {ask(kFull)->head->status, ask(kFull + kForeign)->head->status}) {
      EXPECT_NE(full, 401);
      EXPECT_NE(full, 403);
    }
  }
}

TEST(ApiDispatch, WrongTokensAreAnsweredLaterAndThenRefused) {
  TestApi node(kTokens);
  node.peer = "203.0.113.5:1";
  const std::string kWrong = "Authorization: Bearer no\r\n";
  for (std::uint64_t i = 0; i < limits::FailedTokens::kConnection.at_once; ++i)
    EXPECT_EQ(node.ask("GET", "/v1/workspaces", kWrong)->head->status, 401);
  const auto slow = node.ask("GET", "/metrics", kWrong);
  EXPECT_FALSE(slow->head) << "it waits";
  EXPECT_EQ(node.ask("GET", "/v1/workspaces", kFull)->head->status, 200);
  EXPECT_EQ(node.ask("GET", "/v1/workspaces")->head->status, 401) << "no token is no guess";
  node.loops[0]->advance(limits::FailedTokens::kMaxDelayMs);
  ASSERT_TRUE(slow->head);
  EXPECT_EQ(slow->head->status, 401);

  std::shared_ptr<testing::FakeAnswer> last;
  for (int i = 0; i < 40; ++i) last = node.ask("GET", "/v1/workspaces", kWrong);
  node.loops[0]->advance(limits::FailedTokens::kMaxDelayMs);
  EXPECT_EQ(last->head->status, 429);
  EXPECT_GT(std::stoi(last->header("Retry-After")), 0);
  EXPECT_EQ(node.ask("GET", "/v1/workspaces", kFull)->head->status, 200);
}

TEST(ApiDispatch, TooManyRequestsFromAnAddressAreRefused) {
  TestApi node(kTokens);
  node.peer = "203.0.113.5:1";
  const limits::Rate rate = limits::default_rates().of_network(limits::Work::kRequests);
  std::uint64_t answered = 0;
  while (node.ask("GET", "/nothing")->head->status == 404) ++answered;
  EXPECT_EQ(answered, rate.burst + 1);
  const auto refused = node.ask("GET", "/v1/workspaces", kFull);
  EXPECT_EQ(refused->head->status, 429);
  EXPECT_EQ(refused->header("Retry-After"), "1");
  EXPECT_EQ(node.shards->at(0)->requests_refused, 2u);
  EXPECT_EQ(node.ask("GET", "/healthz")->head->status, 200) << "who watches is always answered";
  node.peer = "203.0.113.6:1";
  EXPECT_EQ(node.ask("GET", "/nothing")->head->status, 404);
  node.peer = "203.0.113.5:9";
  node.loops[0]->advance(10);
  EXPECT_EQ(node.ask("GET", "/nothing")->head->status, 404);
}

// From all addresses together. Many may share a token, so an address that sends few is answered.
TEST(ApiDispatch, TooManyRequestsOfAPrincipalAreRefused) {
  TestApi node(kTokens);
  limits::NetworkRates& rates = node.shards->at(0)->rates;
  const limits::Rate rate = rates.rates().of_principal(limits::Work::kRequests);
  const std::uint64_t now_ms = node.loops[0]->monotonic_ms();
  const auto status_from = [&](const char* peer, const std::string& token) {
    node.peer = peer;
    return node.ask("GET", "/v1/workspaces", token)->head->status;
  };
  for (const char* busy : {"203.0.113.5:1", "203.0.113.6:1"}) {
    EXPECT_EQ(status_from(busy, kFull), 200);
    rates.take(limits::NetworkRates::key_of(busy), limits::Work::kRequests, 500, now_ms);
  }
  const auto full = limits::NetworkRates::key_of_principal("ann");
  rates.take_of_principal(full, limits::Work::kRequests, rate.burst - 1, now_ms);
  for (const char* busy : {"203.0.113.5:2", "203.0.113.6:2"}) {
    EXPECT_EQ(status_from(busy, kFull), 429);
    EXPECT_EQ(status_from(busy, kLook), 200) << "another principal";
  }
  EXPECT_EQ(node.shards->at(0)->requests_refused, 2u);
  EXPECT_EQ(status_from("203.0.113.7:1", kFull), 200) << "little";
  EXPECT_EQ(status_from("", kFull), 200) << "on this machine, without a server";
  node.loops[0]->advance(1000);
  EXPECT_EQ(status_from("203.0.113.5:3", kFull), 200);
}

TEST(ApiDispatch, WhileMemoryIsFullRequestsAreRefusedAndTheMonitoringIsServed) {
  TestApi node(kTokens);
  node.memory.set_resident(1000);
  const auto refused = node.ask("GET", "/v1/workspaces", kFull);
  EXPECT_EQ(refused->head->status, 503);
  EXPECT_EQ(refused->header("Retry-After"), "5");
  EXPECT_EQ(node.ask("GET", "/healthz")->head->status, 200);
  EXPECT_EQ(node.ask("GET", "/metrics", kFull)->head->status, 200);
  EXPECT_EQ(node.shards->at(0)->requests_put_off, 1u);
  node.memory.set_resident(900);
  EXPECT_EQ(node.ask("GET", "/v1/workspaces", kFull)->head->status, 200);
}

TEST(ApiDispatch, AShardThatEndsAnswersWhatItHeldBack) {
  TestApi node(kTokens);
  node.peer = "203.0.113.5:1";
  std::vector<std::shared_ptr<testing::FakeAnswer>> all;
  for (int i = 0; i < 40; ++i)
    all.push_back(node.ask("GET", "/v1/workspaces", "Authorization: Bearer no\r\n"));
  node.shards->set(0, nullptr);
  node.loops[0]->advance(limits::FailedTokens::kMaxDelayMs);
  for (const auto& answer : all) EXPECT_TRUE(answer->ended);
}

TEST(ApiDispatch, AMethodThatChangesSomethingNeedsARightToChange) {
  for (const Route* route : all_routes()) {
    // Minting a ticket changes nothing: whoever may read may let others read. Nor does trying policies on the past.
    if (route->path == "/v1/tickets" || route->path.ends_with("/simulation")) continue;
    if (route->path == "/mcp") continue;  // what is asked for there is judged by itself
    // An upload is part of a change, also to those who look at it; what the server can do is not.
    if (route->path.find("/uploads/") != route->path.npos) continue;
    EXPECT_EQ(identity::changes(route->right), route->method != "GET") << route->path;
  }
}

TEST(ApiDispatch, AnOpenServerLetsForeignPagesLookAndNotTouch) {
  TestApi node;
  for (const Route* route : all_routes()) {
    SCOPED_TRACE(std::string(route->method) + " " + std::string(route->path));
    const auto ask = [&](const std::string& headers) {
      return node.ask(std::string(route->method), target_of(*route), headers)->head->status;
    };
    EXPECT_NE(ask(""), 403);
    EXPECT_NE(ask("Origin: http://localhost:3000\r\n"), 403);
    EXPECT_EQ(ask(kForeign) == 403, identity::changes(route->right) || route->path == "/mcp");
  }
}

TEST(ApiServe, AnOpenServerAnswersNothingUnderAForeignName) {
  TestApi node;
  node.context.find_asset = [](std::string_view) {
    static const http::Asset asset{"/", "text/html", "\"1\"", {}};
    return &asset;
  };
  const std::string kRebound = "Host: evil.example:4400\r\n";
  std::vector<std::pair<std::string, std::string>> all = {
      {"GET", "/"}, {"GET", "/healthz"}, {"GET", "/metrics"}, {"GET", "/y/w/x"}, {"GET", "/none"}};
  for (const Route* route : all_routes())
    all.emplace_back(std::string(route->method), target_of(*route));
  for (const auto& [method, target] : all) {
    const auto answer = node.ask(method, target, kRebound);
    ASSERT_TRUE(answer->head) << target;
    EXPECT_EQ(answer->head->status, 421) << method << " " << target;
    EXPECT_NE(node.ask(method, target)->head->status, 421) << method << " " << target;
  }
  node.context.hosts = identity::Hosts({"evil.example"}, true);
  EXPECT_EQ(node.ask("GET", "/healthz", kRebound)->head->status, 200);
}

TEST(ApiServe, WithTokensOnlyListedNamesMatter) {
  TestApi node(kTokens);
  const std::string kNamed = "Host: docs.example\r\n";
  EXPECT_EQ(node.ask("GET", "/v1/workspaces", kNamed + kLook)->head->status, 200);
  node.context.hosts = identity::Hosts({"other.example"}, false);
  EXPECT_EQ(node.ask("GET", "/v1/workspaces", kNamed + kLook)->head->status, 421);
  EXPECT_EQ(node.ask("GET", "/v1/workspaces", kLook)->head->status, 200);
}

TEST(ApiDispatch, AShutWorkspaceIsShutToEveryRouteButThoseThatSayWhy) {
  TestApi node(kTokens);
  std::set<std::string> asked;
  node.gate = [&](const identity::Caller& caller, const std::string& workspace) -> Result<void> {
    asked.insert(caller.principal.id + " " + workspace);
    return fail(ErrorCode::kUnavailable, "workspace w is being imported");
  };
  for (const Route* route : all_routes()) {
    const auto answer = node.ask(std::string(route->method), target_of(*route), kFull);
    const bool guarded =
        route->path.find("{workspace}") != route->path.npos && !route->path.ends_with("/import");
    EXPECT_EQ(answer->head->status == 503, guarded) << route->method << " " << route->path;
  }
  EXPECT_EQ(asked, std::set<std::string>{"ann w"});
}

TEST(ApiDispatch, ARestoreIntoAnotherWorkspaceAsksThatOneToo) {
  TestApi node;
  node.change("w", "x", Typist(1).type("text"));
  node.gate = [&](const identity::Caller&, const std::string& workspace) -> Result<void> {
    if (workspace == "w") return {};
    return fail(ErrorCode::kUnavailable, "workspace other is being imported");
  };
  const auto answer = node.ask("POST", "/v1/workspaces/w/restore/x?at=1&into=other");
  EXPECT_EQ(answer->head->status, 503) << answer->body;
}

TEST(ApiDispatch, WhatIsNotThereIsToldToThoseWhoMayKnow) {
  TestApi node(kTokens);
  EXPECT_EQ(node.ask("GET", "/v1/nothing")->head->status, 401);
  EXPECT_EQ(node.ask("GET", "/v1/nothing", kLook)->head->status, 404);
  const auto answer = node.ask("DELETE", "/v1/workspaces/w/pins", kFull);
  EXPECT_EQ(answer->head->status, 405);
  EXPECT_EQ(answer->header("Allow"), "GET, HEAD");
  EXPECT_EQ(node.ask("GET", "/v1/workspaces/.w/pins", kFull)->head->status, 400);
  EXPECT_EQ(node.ask("GET", "/v1/workspaces/w/objects/%2E./x", kFull)->head->status, 400);
}

TEST(ApiDispatch, WorkIsDoneOnTheOwnersLoopAndAnsweredAtHome) {
  TestApi node({}, 2);
  const std::string workspace = node.owner_of("a") == 1 ? "a" : "b";
  ASSERT_EQ(node.owner_of(workspace), 1u);
  node.change(workspace, "x", Typist(1).type("text"));
  node.gate = [&](const identity::Caller&, const std::string&) -> Result<void> {
    EXPECT_TRUE(node.loops[1]->is_current());
    EXPECT_FALSE(node.loops[0]->is_current());
    return {};
  };
  for (const char* rest : {"objects/x", "objects/x?at=1", "log", "changes", "export"}) {
    const auto answer = node.ask("GET", "/v1/workspaces/" + workspace + "/" + rest);
    ASSERT_TRUE(answer->ended) << rest;
    EXPECT_EQ(answer->head->status, 200) << rest << ": " << answer->body;
    EXPECT_FALSE(answer->body.empty()) << rest;
  }
}

TEST(ApiDispatch, WorkForAShardThatHasEndedIsAnswered) {
  TestApi node;
  node.shards->set(0, nullptr);
  const auto answer = node.ask("GET", "/v1/workspaces/w/log");
  ASSERT_TRUE(answer->ended);
  EXPECT_EQ(answer->head->status, 500);
}

TEST(ApiDispatch, WhatAProcessHasNotIsRefused) {
  TestApi node;
  EXPECT_EQ(node.ask("POST", "/v1/backups?name=x")->head->status, 501);
  EXPECT_EQ(node.ask("GET", "/v1/workspaces/w/import")->head->status, 501);
}

TEST(ApiServe, HealthAndMetricsAreBesideTheApi) {
  TestApi node(kTokens, 2);
  EXPECT_EQ(node.ask("GET", "/healthz")->head->status, 200);
  EXPECT_EQ(node.ask("GET", "/readyz")->head->status, 200);
  node.context.health = []() -> Result<void> {
    return fail(ErrorCode::kUnavailable, "the disk is full");
  };
  EXPECT_EQ(node.ask("GET", "/readyz")->head->status, 503);
  EXPECT_EQ(node.ask("GET", "/readyz")->body, "not ready: the disk is full\n");
  EXPECT_EQ(node.ask("GET", "/healthz")->head->status, 200);
  node.context.health = nullptr;
  node.ready = false;
  EXPECT_EQ(node.ask("GET", "/readyz")->head->status, 503);
  EXPECT_EQ(node.ask("GET", "/metrics")->head->status, 401);
  EXPECT_EQ(node.ask("POST", "/metrics", kFull)->head->status, 405);
  node.context.add_metrics = [](observe::MetricsPage& page) {
    page.gauge("mine", "Of the process.", 7);
  };
  const std::string page = node.ask("GET", "/metrics", kLook)->body;
  EXPECT_NE(page.find("\nsyncline_mine 7\n"), page.npos);
  EXPECT_NE(page.find("\nsyncline_workspaces 0\n"), page.npos);
  EXPECT_EQ(node.ask("GET", "/y/w/x", kFull)->head->status, 426);
  EXPECT_EQ(node.ask("GET", "/", kFull)->head->status, 404) << "no page here";
}

}  // namespace
}  // namespace syncline::api
