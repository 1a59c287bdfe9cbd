#include "state/object_cache.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "workspace/one_workspace.h"

namespace syncline::state {
namespace {

// Types into an object of workspace "w" and leaves.
void write(TestWorld& world, const std::string& object, std::size_t updates, std::size_t size) {
  Visit visit(world, object);
  Typist typist(7);
  for (std::size_t i = 0; i < updates; ++i) visit.submit(typist.insert(0, std::string(size, 'a')));
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
  TestWorld world(store::MemoryStore::CommitMode::kAtOnce, {.budget_bytes = 200'000});
  for (int i = 0; i < 40; ++i) write(world, "o" + std::to_string(i), 4, 4000);
  EXPECT_GT(world.cache.counters().evictions, 0u);
  EXPECT_LE(world.cache.bytes(), 200'000u);
  ObjectCache fresh(world.sources, {});
  EXPECT_EQ(read(world.cache, world.loop, "o0"), read(fresh, world.loop, "o0"));
}

TEST(ObjectCache, ShrinksAFewAtATimeAndNeverWhatIsHeld) {
  TestWorld world;
  for (int i = 0; i < 20; ++i) write(world, "o" + std::to_string(i), 4, 4000);
  ASSERT_EQ(world.cache.residents(), 20u);
  Visit visit(world, "held");
  EXPECT_TRUE(world.cache.shrink(0));
  EXPECT_EQ(world.cache.counters().evictions, ObjectCache::kEvictedAtOnce);
  EXPECT_FALSE(world.cache.shrink(world.cache.bytes()));
  EXPECT_EQ(world.cache.counters().evictions, ObjectCache::kEvictedAtOnce)
      << "it has no more than it may have";
  while (world.cache.shrink(0)) continue;
  EXPECT_EQ(world.cache.residents(), 1u);
  ObjectCache fresh(world.sources, {});
  EXPECT_EQ(read(world.cache, world.loop, "o0"), read(fresh, world.loop, "o0"));
}

// An append that was under way when its workspace dropped its view becomes durable later, and nobody waits for it.
TEST(ObjectCache, ForgetsAWorkspaceWhoseLogHasGrownSinceItWasLeft) {
  TestWorld world;
  write(world, "o", 1, 1);
  ObjectCache cache(world.sources, {});
  const std::string before = read(cache, world.loop, "o");
  cache.left("w", 1);
  cache.opened("w", 1);
  EXPECT_EQ(cache.residents(), 1u) << "nothing has changed";
  cache.left("w", 1);
  {
    Visit visit(world, "o");
    Typist other(8);
    visit.submit(other.insert(0, "b"));
  }
  EXPECT_EQ(read(cache, world.loop, "o"), before) << "it does not know that yet";
  cache.opened("w", 2);
  EXPECT_EQ(cache.residents(), 0u);
  EXPECT_NE(read(cache, world.loop, "o"), before);
}

TEST(ObjectCache, WhatNobodyUsesForLongLeaves) {
  TestWorld world(store::MemoryStore::CommitMode::kAtOnce, {.idle_ms = 1000});
  EXPECT_FALSE(world.cache.expire(5000));
  write(world, "early", 1, 100);
  world.cache.expire(5600);
  write(world, "late", 1, 100);
  Visit visit(world, "held");
  world.cache.expire(5999);
  EXPECT_EQ(world.cache.residents(), 3u);
  world.cache.expire(6000);
  EXPECT_EQ(world.cache.residents(), 2u) << "early has left";
  EXPECT_EQ(read(world.cache, world.loop, "late").size(), 100 + 14u) << "used again";
  world.cache.expire(6999);
  EXPECT_EQ(world.cache.residents(), 2u);
  world.cache.expire(7000);
  EXPECT_EQ(world.cache.residents(), 1u) << "held stays";
  EXPECT_EQ(read(world.cache, world.loop, "early").size(), 100 + 14u);
}

TEST(ObjectCache, OfWhatHasExpiredAFewLeaveAtATime) {
  TestWorld world;
  for (int i = 0; i < 20; ++i) write(world, "o" + std::to_string(i), 4, 4000);
  EXPECT_TRUE(world.cache.expire(CacheLimits{}.idle_ms));
  EXPECT_EQ(world.cache.counters().evictions, ObjectCache::kEvictedAtOnce);
  while (world.cache.expire(CacheLimits{}.idle_ms)) continue;
  EXPECT_EQ(world.cache.residents(), 0u);
  EXPECT_EQ(world.cache.bytes(), 0u);
}

// Many small objects have to make room for a large one.
TEST(ObjectCache, WhatOneReleaseEvictsIsBounded) {
  TestWorld world(store::MemoryStore::CommitMode::kAtOnce, {.budget_bytes = 2'000'000});
  for (int i = 0; i < 100; ++i) write(world, "o" + std::to_string(i), 1, 1000);
  const auto evictions = [&] { return world.cache.counters().evictions; };
  ASSERT_EQ(evictions(), 0u);
  write(world, "large", 1, 2'000'000);
  EXPECT_LE(evictions(), 2 * ObjectCache::kEvictedAtOnce) << "a milestone, and the release";
  std::uint64_t turns = 0;
  for (; world.cache.shrink(world.cache.budget()); ++turns) {
    const std::uint64_t before = evictions();
    world.cache.shrink(world.cache.budget());
    EXPECT_LE(evictions() - before, ObjectCache::kEvictedAtOnce);
  }
  EXPECT_GT(turns, 2u);
  EXPECT_LE(world.cache.bytes(), world.cache.budget());
}

TEST(ObjectCache, WhatOneCallEncodesIsBounded) {
  TestWorld world;
  for (int i = 0; i < 8; ++i) write(world, "o" + std::to_string(i), 1, 400'000);
  EXPECT_TRUE(world.cache.shrink(0));
  EXPECT_EQ(world.cache.counters().evictions, 2u) << "each has over 400 KB";
}

TEST(ObjectCache, LoadsFromTheSnapshotAndTheEventsAfterIt) {
  TestWorld world(store::MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 4000});
  write(world, "o", 300, 100);
  EXPECT_GT(world.cache.counters().snapshots, 0u);
  ObjectCache fresh(world.sources, {});
  EXPECT_EQ(read(fresh, world.loop, "o"), read(world.cache, world.loop, "o"));
  EXPECT_LT(fresh.counters().replayed_events, 300u);
}

TEST(ObjectCache, ManyWhoComeAtOnceShareOneLoad) {
  TestWorld world;
  write(world, "o", 20, 100);
  ObjectCache fresh(world.sources, {});
  std::vector<Resident*> found;
  for (int i = 0; i < 100; ++i)
    fresh.acquire("w", "o", [&](Result<Resident*> resident) { found.push_back(resident.value()); });
  world.loop.run();
  ASSERT_EQ(found.size(), 100u);
  EXPECT_EQ(std::ranges::count(found, found.front()), 100);
  EXPECT_EQ(fresh.counters().loads, 1u);
  EXPECT_EQ(fresh.counters().replayed_events, 20u);
  for (Resident* each : found) fresh.release(*each);
}

TEST(ObjectCache, ADamagedSnapshotIsRebuiltFromTheLog) {
  TestWorld world(store::MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 4000});
  write(world, "o", 300, 100);
  ASSERT_GT(world.cache.counters().snapshots, 0u);
  world.store.damage_snapshot("w", "o");
  ObjectCache fresh(world.sources, {});
  EXPECT_EQ(read(fresh, world.loop, "o"), read(world.cache, world.loop, "o"));
  EXPECT_EQ(fresh.counters().damaged_snapshots, 1u);
  EXPECT_EQ(fresh.counters().replayed_events, 300u);
}

// A world in which "o" has just got its second milestone, and what fills the memory evicts it.
struct SmallWorld : TestWorld {
  static constexpr CacheLimits kLimits{
      .budget_bytes = 200'000, .snapshot_min_bytes = 8000, .evict_snapshot_events = 2};

  SmallWorld() : TestWorld(store::MemoryStore::CommitMode::kAtOnce, kLimits) {
    while (cache.counters().snapshots < 2) type(std::string(1000, 'a'));
  }

  void type(const std::string& text) { submit(*this, "o", typist.type(text)); }

  void evict() {
    const auto before = cache.counters().evictions;
    submit(*this, "large" + std::to_string(before), Typist(9).type(std::string(200'000, 'l')));
    ASSERT_GT(cache.counters().evictions, before);
  }

  std::optional<log::Snapshot> newest() {
    std::optional<log::Snapshot> found;
    log->snapshots().load_snapshot("w", "o", log::kNow,
                                   [&](auto got) { found = std::move(got.value()); });
    loop.run();
    return found;
  }

  Typist typist{8};
};

TEST(ObjectCache, EvictionWritesWhatChangedSinceTheMilestone) {
  SmallWorld world;
  std::string typed;
  log::Position base = 0;
  log::Position last = 0;
  // What was loaded from a delta extends the same milestone the next time.
  for (int round = 1; round <= 3; ++round) {
    for (int i = 0; i < 5; ++i) world.type("x");
    typed += "xxxxx";
    world.evict();
    const auto newest = world.newest();
    ASSERT_TRUE(newest);
    ASSERT_GT(newest->base, 0u);
    EXPECT_LT(newest->bytes.size(), 60u);
    EXPECT_GT(newest->base_bytes.size(), 10'000u);
    EXPECT_GT(newest->position, last);
    EXPECT_TRUE(base == 0 || newest->base == base);
    base = newest->base;
    last = newest->position;
    ObjectCache fresh(world.sources, SmallWorld::kLimits);
    EXPECT_NE(read(fresh, world.loop, "o").find(typed + "\""), std::string::npos);
    EXPECT_EQ(fresh.counters().replayed_events, 0u);
  }
  EXPECT_EQ(world.cache.counters().snapshot_deltas, 3u);
}

TEST(ObjectCache, AMilestoneThatWasRefusedIsExtendedByNothing) {
  SmallWorld world;
  Resident* resident = nullptr;
  world.cache.acquire("w", "o", [&](Result<Resident*> found) { resident = found.value(); });
  world.store.fail_appends(Error{ErrorCode::kUnavailable, "too much waits"});
  world.cache.store_milestone(
      "w", "o",
      world.cache.take_up_milestone(*resident, ObjectCache::make_milestone(resident->object())));
  world.loop.run();
  world.store.fail_appends(std::nullopt);
  world.cache.release(*resident);
  for (int i = 0; i < 5; ++i) world.type("x");
  world.evict();
  const auto newest = world.newest();
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->base, 0u) << "it would be a delta of a milestone that is not stored";
  ObjectCache fresh(world.sources, SmallWorld::kLimits);
  EXPECT_NE(read(fresh, world.loop, "o").find("xxxxx\""), std::string::npos);
  EXPECT_EQ(fresh.counters().replayed_events, 0u) << "the eviction stored the whole state";
}

TEST(ObjectCache, AnObjectThatChangedALotIsWrittenWhole) {
  SmallWorld world;
  const std::size_t whole = world.newest()->bytes.size();
  for (int i = 0; i < 5; ++i) world.type(std::string(whole / 9, 'b'));
  world.evict();
  EXPECT_EQ(world.cache.counters().snapshot_deltas, 0u);
  EXPECT_EQ(world.newest()->base, 0u);
  EXPECT_GT(world.newest()->bytes.size(), whole);
  EXPECT_GT(world.newest()->bytes_since_milestone, 0u);
}

TEST(ObjectCache, ADeltaWhoseMilestoneIsDamagedIsRebuiltFromTheLog) {
  SmallWorld world;
  for (int i = 0; i < 5; ++i) world.type("x");
  world.evict();
  const auto before = world.newest();
  ASSERT_GT(before->base, 0u);
  world.store.damage_snapshot("w", "o", before->base);
  ObjectCache fresh(world.sources, {});
  EXPECT_NE(read(fresh, world.loop, "o").find("xxxxx"), std::string::npos);
  EXPECT_EQ(fresh.counters().damaged_snapshots, 1u);
  const auto mended = world.newest();
  EXPECT_EQ(mended->position, before->position);
  EXPECT_EQ(mended->base, 0u);
  EXPECT_EQ(mended->bytes_since_milestone, 0u);
}

TEST(ObjectCache, ADamagedEventIsReportedAndOtherObjectsWork) {
  TestWorld world;
  write(world, "bad", 3, 10);
  write(world, "good", 3, 10);
  world.store.damage_event("w", 2);
  ObjectCache fresh(world.sources, {});
  bool failed = false;
  fresh.acquire("w", "bad", [&](Result<Resident*> resident) {
    failed = !resident && resident.error().code == ErrorCode::kCorrupt;
  });
  world.loop.run();
  EXPECT_TRUE(failed);
  EXPECT_NE(read(fresh, world.loop, "good").find("aaaa"), std::string::npos);
}

TEST(ObjectCache, SnapshotsStayInProportionToTheLog) {
  TestWorld world(store::MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 1000});
  write(world, "o", 2000, 50);
  // 100 kB of text: doubling gives about seven snapshots from 1 kB up, not one per thousand bytes.
  EXPECT_LE(world.cache.counters().snapshots, 30u);
}

}  // namespace
}  // namespace syncline::state
