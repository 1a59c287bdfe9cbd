#include "node/accept.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "http/parser.h"
#include "support/fake_connection.h"
#include "support/test_node.h"

namespace syncline::node {
namespace {

using testing::FakeConnection;
using testing::TestNode;

class NodeAccept : public ::testing::Test {
 protected:
  UpgradeDecision decide(const std::string& path, const std::string& headers = {}) {
    const std::string host = headers.starts_with("Host: ") ? "" : "Host: localhost\r\n";
    auto head =
        http::parse_request_head("GET " + path + " HTTP/1.1\r\n" + host + headers + "\r\n", {});
    EXPECT_TRUE(head.has_value());
    head->request.peer = peer_;
    std::optional<UpgradeDecision> decided;
    node_.loops[0]->post([&] {
      upgrade_(std::move(head->request), [&](UpgradeDecision decision) {
        EXPECT_TRUE(node_.loops[0]->is_current()) << "the reply is given on the request's loop";
        decided = std::move(decision);
      });
    });
    node_.run();
    EXPECT_TRUE(decided.has_value());
    return std::move(*decided);
  }

  // The status with which it is refused, at once or on the loop that was to take it; 0: it is not.
  int refused(UpgradeDecision decision) {
    if (const auto* refusal = std::get_if<UpgradeRefusal>(&decision))
      return refusal->response.status;
    auto& accepted = std::get<UpgradeAcceptance>(decision);
    int status = 0;
    node_.loops[accepted.loop]->post([&] {
      const auto response = accepted.check ? accepted.check() : std::nullopt;
      if (response) status = response->status;
    });
    node_.run();
    return status;
  }

  // The code with which the session of an accepted connection closes it at once; 0: it does not.
  int closed(UpgradeDecision decision, std::size_t loop) {
    auto* accepted = std::get_if<UpgradeAcceptance>(&decision);
    EXPECT_NE(accepted, nullptr);
    EXPECT_EQ(accepted->loop, loop);
    FakeConnection connection;
    node_.loops[loop]->post([&] {
      if (accepted->check) {
        EXPECT_FALSE(accepted->check());
      }
      auto session = accepted->make_handler(*node_.loops[loop]);
      session->on_open(connection);
      session->on_closed(1000);
    });
    node_.run();
    return connection.closed ? connection.closed->code : 0;
  }

  std::string peer_;
  TestNode node_{identity::Access({{"full", {.id = "ann"}}}), 2};
  AcceptContext context_{.shards = *node_.shards, .access = node_.access, .ready = node_.ready};
  UpgradeHandler upgrade_ = make_upgrade_handler(context_);
};

// Policies know the page that a browser has loaded the client from, in both protocols' handshakes.
TEST_F(NodeAccept, PoliciesKnowTheOriginOfAConnection) {
  node_.change("w", "o", testing::Typist(1).type("x"));
  node_.shards->on_owner("w", [](Shard& shard) {
    const identity::Rights all = identity::Rights::all();
    shard.host.get("w").change_rules({.principal = {.id = "admin", .rights = all}, .rights = all},
                                     identity::Right::kPolicy,
                                     log::SetPolicy{"ours", R"(permit (principal, action, resource)
            when { context has origin && context.origin == "https://app.example" };)"},
                                     "", [](const auto& receipt) { ASSERT_TRUE(receipt); });
  });
  node_.run();
  const std::size_t loop = node_.owner_of("w");
  int clients = 0;  // a client that comes back is refused more slowly
  const auto code = [&](const std::string& origin) {
    peer_ = "203.0.113." + std::to_string(++clients) + ":4711";
    auto decision = decide("/y/w/o", "Authorization: Bearer full\r\n" + origin);
    FakeConnection connection;
    std::unique_ptr<session::ConnectionHandler> session;
    node_.loops[loop]->post([&] {
      session = std::get<UpgradeAcceptance>(decision).make_handler(*node_.loops[loop]);
      session->on_open(connection);
    });
    node_.run();
    node_.loops[loop]->post([&] { session->on_closed(1000); });
    node_.run();
    return connection.closed ? connection.closed->code : 0;
  };
  EXPECT_EQ(code("Origin: https://app.example\r\n"), 0);
  EXPECT_EQ(code("Origin: https://other.example\r\n"), 4403);
  EXPECT_EQ(code(""), 4403);
}

TEST_F(NodeAccept, AConnectionLivesOnTheLoopThatOwnsItsWorkspace) {
  for (const char* workspace : {"a", "b", "c", "d"}) {
    const std::size_t owner = node_.owner_of(workspace);
    EXPECT_EQ(closed(decide(std::string("/y/") + workspace + "/x?token=full"), owner), 0);
    EXPECT_EQ(closed(decide(std::string("/hocuspocus/") + workspace), owner), 0);
  }
}

TEST_F(NodeAccept, WhatIsWrongIsToldByTheSession) {
  EXPECT_EQ(closed(decide("/y/a/x?token=no"), node_.owner_of("a")), 4401);
  EXPECT_GE(closed(decide("/y/.a/x?token=full"), 0), 4400);
  EXPECT_GE(closed(decide("/y/a?token=full"), 0), 4400);
}

TEST_F(NodeAccept, ManyWrongTokensAreNotRefusedAtOnce) {
  const std::size_t owner = node_.owner_of("a");
  for (std::uint64_t i = 0; i < limits::FailedTokens::kNetwork.at_once; ++i) {
    peer_ = "203.0.113.5:" + std::to_string(i);
    EXPECT_EQ(closed(decide("/y/a/x?token=no" + std::to_string(i)), owner), 4401);
  }
  EXPECT_EQ(closed(decide("/y/a/x?token=other"), owner), 0) << "later";
  EXPECT_EQ(closed(decide("/y/a/x"), owner), 4401) << "no token is no guess";
  EXPECT_EQ(closed(decide("/y/a/x?token=full"), owner), 0) << "welcome";
}

TEST_F(NodeAccept, AShutWorkspaceIsRefusedBeforeTheHandshakeIsDone) {
  node_.gate = [&](const identity::Caller&, const std::string& workspace) -> Result<void> {
    EXPECT_TRUE(node_.loops[node_.owner_of(workspace)]->is_current());
    return fail(ErrorCode::kUnavailable, "workspace " + workspace + " is being imported");
  };
  for (const char* path : {"/y/a/x?token=full", "/y/b/x?token=full", "/hocuspocus/a"})
    EXPECT_EQ(refused(decide(path)), 503);
}

TEST_F(NodeAccept, OtherPathsAndServersThatEndAreRefused) {
  EXPECT_EQ(refused(decide("/elsewhere")), 404);
  node_.ready = false;
  EXPECT_EQ(refused(decide("/y/a/x?token=full")), 503);
}

TEST_F(NodeAccept, AnOpenServerRefusesForeignPages) {
  const identity::Access open;
  const AcceptContext context{.shards = *node_.shards, .access = open, .ready = node_.ready};
  upgrade_ = make_upgrade_handler(context);
  EXPECT_EQ(refused(decide("/y/a/x", "Origin: https://elsewhere.example\r\n")), 403);
  EXPECT_EQ(refused(decide("/y/a/x", "Origin: http://localhost:3000\r\n")), 0);
}

TEST_F(NodeAccept, AnOpenServerRefusesForeignNames) {
  const identity::Access open;
  AcceptContext context{.shards = *node_.shards, .access = open, .ready = node_.ready};
  upgrade_ = make_upgrade_handler(context);
  for (const char* path : {"/y/a/x", "/hocuspocus/a", "/elsewhere"})
    EXPECT_EQ(refused(decide(path, "Host: evil.example:4400\r\n")), 421) << path;
  EXPECT_EQ(refused(decide("/y/a/x", "Host: 127.0.0.1:4400\r\n")), 0);
  context.hosts = identity::Hosts({"evil.example"}, true);
  EXPECT_EQ(refused(decide("/y/a/x", "Host: evil.example:4400\r\n")), 0);
}

TEST_F(NodeAccept, WithTokensAListOfNamesIsEnforced) {
  EXPECT_EQ(refused(decide("/y/a/x?token=full", "Host: docs.example\r\n")), 0);
  context_.hosts = identity::Hosts({"docs.example"}, false);
  EXPECT_EQ(refused(decide("/y/a/x?token=full", "Host: docs.example\r\n")), 0);
  EXPECT_EQ(refused(decide("/y/a/x?token=full", "Host: other.example\r\n")), 421);
}

}  // namespace
}  // namespace syncline::node
