#include "node/shards.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "support/test_node.h"

namespace syncline::node {
namespace {

using testing::TestNode;

TEST(NodeShards, EveryWorkspaceHasOneOwner) {
  const Placement placement(3);
  std::array<int, 3> owned{};
  for (int i = 0; i < 300; ++i) ++owned[placement.owner_of("workspace " + std::to_string(i))];
  for (const int count : owned) EXPECT_GT(count, 50);
  EXPECT_EQ(placement.owner_of("a"), Placement(3).owner_of("a"));
}

TEST(NodeShards, WorkIsDoneOnTheOwnersLoop) {
  TestNode node({}, 2);
  for (const char* workspace : {"a", "b", "c", "d"}) {
    const std::size_t owner = node.owner_of(workspace);
    bool done = false;
    node.shards->on_owner(workspace, [&](Shard& shard) {
      done = true;
      EXPECT_EQ(&shard, node.shards->at(owner));
      EXPECT_TRUE(node.loops[owner]->is_current());
    });
    EXPECT_FALSE(done) << "the test is on no loop";
    node.run();
    EXPECT_TRUE(done);
  }
}

TEST(NodeShards, WhoIsThereAlreadyDoesNotWait) {
  TestNode node;
  bool done = false;
  node.loops[0]->post([&] {
    node.shards->on(0, [&](Shard&) { done = true; });
    EXPECT_TRUE(done);
  });
  node.run();
  EXPECT_TRUE(done);
}

TEST(NodeShards, WorkForAShardThatHasEndedIsDropped) {
  TestNode node;
  auto token = std::make_shared<int>();
  node.shards->on(0, [token](Shard&) { ADD_FAILURE(); });
  node.shards->set(0, nullptr);
  node.run();
  EXPECT_EQ(token.use_count(), 1);
}

// A store is shared by all loops, and each workspace has its upkeep on one of them.
TEST(NodeShards, RetentionRunsWhereItsWorkspaceLives) {
  TestNode node({}, 2);
  for (const std::string workspace : {"a", "b", "c", "d", "e", "f"}) {
    testing::Typist typist(1);
    for (int i = 0; i < 20; ++i) node.change(workspace, "x", typist.type("text"));
    node.shards->on_owner(workspace, [workspace](Shard& shard) {
      shard.host.get(workspace).change_rules(
          testing::ann(), identity::Right::kRetention, log::SetRetention{{.keep_last = 6}}, "",
          [](const Result<workspace::Receipt>& changed) { EXPECT_TRUE(changed.has_value()); });
    });
  }
  node.run();
  for (int i = 0; i < 20; ++i) {
    for (auto& loop : node.loops) loop->advance(10'000);
    node.run();
  }
  for (const std::size_t loop : {0, 1}) {
    std::uint64_t mine = 0;
    for (const char* workspace : {"a", "b", "c", "d", "e", "f"})
      mine += node.owner_of(workspace) == loop ? 15 : 0;
    EXPECT_EQ(node.shards->at(loop)->retention.counters().payloads, mine);
    EXPECT_EQ(node.shards->at(loop)->retention.counters().failures, 0u);
  }
}

}  // namespace
}  // namespace syncline::node
