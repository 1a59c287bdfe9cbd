#include "node/revoke.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "session/y_session.h"
#include "support/fake_connection.h"
#include "support/test_node.h"

namespace syncline::node {
namespace {

using identity::Revocation;
using testing::FakeConnection;
using testing::TestNode;

identity::Principal with_token(const std::string& token) {
  return {.id = "ann",
          .identity = std::make_shared<identity::Identity>(
              identity::Identity{.source = identity::Identity::Source::kJwt, .token = token})};
}

class NodeRevoke : public ::testing::Test {
 protected:
  // Revokes on loop 0. nullopt: no answer.
  std::optional<Result<void>> revoke_now(std::vector<Revocation> revocations) {
    std::optional<Result<void>> answer;
    node_.shards->on(0, [&](Shard& shard) {
      revoke(*node_.shards, shard, std::move(revocations),
             [&](Result<void> revoked) { answer = std::move(revoked); });
    });
    node_.run();
    return answer;
  }

  Result<std::vector<Revocation>> stored() {
    Result<std::vector<log::DirectoryEntry>> all = std::vector<log::DirectoryEntry>();
    node_.shards->on(0, [&](Shard& shard) {
      shard.store->directory().list_entries(log::DirectoryKind::kRevocation, "", "", 1000,
                                            [&](auto entries) { all = std::move(entries); });
    });
    node_.run();
    return stored_revocations([&](const std::string& after, std::size_t) {
      return after.empty() ? all : std::vector<log::DirectoryEntry>();
    });
  }

  std::unique_ptr<session::YSession> join(std::size_t loop, FakeConnection& connection,
                                          const std::string& token) {
    std::unique_ptr<session::YSession> session;
    node_.shards->on(loop, [&](Shard& shard) {
      session = std::make_unique<session::YSession>(
          session::YSessionOptions{.host = shard.host,
                                   .workspace = "w",
                                   .object = "note",
                                   .principal = with_token(token),
                                   .actor = "actor",
                                   .sessions = &shard.sessions,
                                   .limits = limits_,
                                   .counters = shard.session_counters});
      session->on_open(connection);
    });
    node_.run();
    return session;
  }

  session::Limits limits_;
  TestNode node_{{}, 2};
};

TEST_F(NodeRevoke, EndsTheSessionsOfAllLoops) {
  std::vector<std::unique_ptr<FakeConnection>> connections;
  std::vector<std::unique_ptr<session::YSession>> sessions;
  for (const std::size_t loop : {0, 1})
    for (const char* token : {"good", "bad"}) {
      connections.push_back(std::make_unique<FakeConnection>());
      sessions.push_back(join(loop, *connections.back(), token));
    }
  const auto revoked = revoke_now({{.id = "bad"}});
  ASSERT_TRUE(revoked && revoked->has_value());
  for (std::size_t i = 0; i < connections.size(); ++i)
    EXPECT_EQ(connections[i]->closed.has_value(), i % 2 == 1) << i;
  FakeConnection late;
  sessions.push_back(join(1, late, "bad"));
  ASSERT_TRUE(late.closed) << "loop 1 knows it, too";
  EXPECT_EQ(late.closed->reason, "the token was revoked");
  connections.push_back(nullptr);
  for (std::size_t i = 0; i < sessions.size(); ++i)
    node_.shards->on(i < 2 ? 0 : 1, [&session = *sessions[i]](Shard&) { session.on_closed(1000); });
  node_.run();
}

TEST_F(NodeRevoke, OutlastsARestartAndIsForgottenWhenItIsOver) {
  const std::uint64_t now_ms = node_.loops[0]->unix_ms();
  ASSERT_TRUE(revoke_now({{.id = "short", .until_ms = now_ms + 1'000}, {.id = "long"}}));
  auto kept = stored();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->size(), 2u);
  node_.loops[0]->advance(2'000);
  ASSERT_TRUE(revoke_now({{.id = "next"}}));
  kept = stored();
  ASSERT_TRUE(kept);
  std::vector<std::string> ids;
  for (const Revocation& each : *kept) ids.push_back(each.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"long", "next"}));
  EXPECT_EQ(node_.shards->at(1)->revocations.size(), 2u);
}

TEST_F(NodeRevoke, ALaterRevocationOfAPrincipalIsWhatIsStored) {
  using Of = Revocation::Of;
  ASSERT_TRUE(revoke_now({{.of = Of::kPrincipal, .id = "ann", .before_ms = 2'000}}));
  ASSERT_TRUE(revoke_now({{.of = Of::kPrincipal, .id = "ann", .before_ms = 1'000}}));
  const auto kept = stored();
  ASSERT_TRUE(kept && kept->size() == 1);
  EXPECT_EQ(kept->front().before_ms, 2'000u);
}

TEST_F(NodeRevoke, WhatIsMalformedChangesNothing) {
  const auto empty = revoke_now({{.id = "fine"}, {.id = ""}});
  ASSERT_TRUE(empty);
  ASSERT_FALSE(*empty);
  EXPECT_EQ(empty->error().code, ErrorCode::kInvalid);
  const auto many = revoke_now(std::vector<Revocation>(kMostRevokedAtOnce + 1, {.id = "x"}));
  ASSERT_TRUE(many);
  EXPECT_EQ(many->error().code, ErrorCode::kInvalid);
  EXPECT_EQ(node_.shards->at(0)->revocations.size(), 0u);
  EXPECT_TRUE(stored()->empty());
}

TEST_F(NodeRevoke, ADamagedRecordIsAnError) {
  const auto read = [](const std::string& after,
                       std::size_t) -> Result<std::vector<log::DirectoryEntry>> {
    if (!after.empty()) return std::vector<log::DirectoryEntry>();
    return std::vector<log::DirectoryEntry>{{"x", Bytes{9}}};
  };
  const auto revocations = stored_revocations(read);
  ASSERT_FALSE(revocations);
  EXPECT_EQ(revocations.error().code, ErrorCode::kCorrupt);
}

TEST_F(NodeRevoke, EachLoopAnswersForItself) {
  const RevocationsOfLoops all([this] { return node_.shards.get(); });
  ASSERT_TRUE(revoke_now({{.id = "bad"}}));
  for (const auto& loop : node_.loops) {
    EXPECT_FALSE(all.check(with_token("bad"), *loop));
    EXPECT_TRUE(all.check(with_token("good"), *loop));
  }
}

}  // namespace
}  // namespace syncline::node
