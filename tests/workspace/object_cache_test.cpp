#include "state/object_cache.h"

#include <gtest/gtest.h>

#include "support/test_world.h"

namespace syncline::state {
namespace {

using testing::TestWorld;
using testing::Typist;

class Listener final : public workspace::Subscriber {
 public:
  void on_change(const workspace::Broadcast&) override {}
  void on_awareness(const workspace::Broadcast&) override {}
  void on_lost(const Error&) override {}
};

// Types into an object of workspace "w" and leaves.
void write(TestWorld& world, const std::string& object, std::size_t updates, std::size_t size) {
  Listener listener;
  workspace::Workspace& workspace = world.host.get("w");
  workspace::LiveObject* live = nullptr;
  workspace.subscribe(object, listener,
                      [&](Result<workspace::LiveObject*> opened) { live = opened.value(); });
  world.loop.run();
  Typist typist(7);
  for (std::size_t i = 0; i < updates; ++i) {
    const Bytes update = typist.insert(0, std::string(size, 'a'));
    workspace.submit(*live, {.principal = {}, .actor = {}, .intent = update}, nullptr,
                     [](Result<workspace::Receipt> receipt) { ASSERT_TRUE(receipt); });
    world.loop.run();
  }
  workspace.unsubscribe(*live, listener);
  world.loop.run();
}

std::string read(ObjectCache& cache, testing::VirtualLoop& loop, const std::string& object) {
  std::string json;
  cache.acquire("w", object, [&](Result<Resident*> resident) {
    if (!resident) {
      json = resident.error().message;
      return;
    }
    json = (*resident)->object().to_json();
    cache.release(**resident);
  });
  loop.run();
  return json;
}

TEST(ObjectCache, EvictsTheLeastRecentlyUsedUnderItsBudget) {
  TestWorld world(log::MemoryStore::CommitMode::kAtOnce, {.budget_bytes = 200'000});
  for (int i = 0; i < 40; ++i) write(world, "o" + std::to_string(i), 4, 4000);
  EXPECT_GT(world.cache.counters().evictions, 0u);
  EXPECT_LE(world.cache.bytes(), 200'000u);
  ObjectCache fresh(*world.log, {});
  EXPECT_EQ(read(world.cache, world.loop, "o0"), read(fresh, world.loop, "o0"));
}

TEST(ObjectCache, LoadsFromTheSnapshotAndTheEventsAfterIt) {
  TestWorld world(log::MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 4000});
  write(world, "o", 300, 100);
  EXPECT_GT(world.cache.counters().snapshots, 0u);
  ObjectCache fresh(*world.log, {});
  EXPECT_EQ(read(fresh, world.loop, "o"), read(world.cache, world.loop, "o"));
  EXPECT_LT(fresh.counters().replayed_events, 300u);
}

TEST(ObjectCache, ADamagedSnapshotIsRebuiltFromTheLog) {
  TestWorld world(log::MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 4000});
  write(world, "o", 300, 100);
  ASSERT_GT(world.cache.counters().snapshots, 0u);
  world.store.damage_snapshot("w", "o");
  ObjectCache fresh(*world.log, {});
  EXPECT_EQ(read(fresh, world.loop, "o"), read(world.cache, world.loop, "o"));
  EXPECT_EQ(fresh.counters().damaged_snapshots, 1u);
  EXPECT_EQ(fresh.counters().replayed_events, 300u);
}

TEST(ObjectCache, ADamagedEventIsReportedAndOtherObjectsWork) {
  TestWorld world;
  write(world, "bad", 3, 10);
  write(world, "good", 3, 10);
  world.store.damage_event("w", 2);
  ObjectCache fresh(*world.log, {});
  bool failed = false;
  fresh.acquire("w", "bad", [&](Result<Resident*> resident) {
    failed = !resident && resident.error().code == ErrorCode::kCorrupt;
  });
  world.loop.run();
  EXPECT_TRUE(failed);
  EXPECT_NE(read(fresh, world.loop, "good").find("aaaa"), std::string::npos);
}

TEST(ObjectCache, SnapshotsStayInProportionToTheLog) {
  TestWorld world(log::MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 1000});
  write(world, "o", 2000, 50);
  // 100 kB of text: doubling gives about seven snapshots from 1 kB up, not one per thousand bytes.
  EXPECT_LE(world.cache.counters().snapshots, 30u);
}

}  // namespace
}  // namespace syncline::state
