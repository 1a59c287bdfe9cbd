// Indexes of authors that are stored beside the snapshots.
#include "state/author_store.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

#include "one_workspace.h"
#include "state/blame.h"
#include "support/hand_jobs.h"

namespace syncline::state {
namespace {

log::Event event_at(log::Position position, Bytes intent, std::string principal) {
  log::Event made;
  made.position = position;
  made.hlc = HlcStamp::of(1'700'000'000'000 + position * 7, 0);
  made.principal = std::move(principal);
  made.intent = std::move(intent);
  made.generation = 3;
  return made;
}

AuthorIndex index_of(int events) {
  AuthorIndex index;
  index.begin(3);
  std::deque<Typist> typists;
  for (crdt::ClientId client = 1; client <= 5; ++client) typists.emplace_back(client);
  for (int i = 0; i < events; ++i)
    index.note(merge::doc_type(), event_at(static_cast<log::Position>(2 * i + 5),
                                           typists[static_cast<std::size_t>(i % 5)].type("abc"),
                                           i % 3 == 0 ? "ann" : "bob"));
  return index;
}

TEST(AuthorStore, AnIndexComesBackAsItWas) {
  for (const int events : {0, 1, 500}) {
    const AuthorIndex index = index_of(events);
    const Bytes stored = index.encode();
    const auto again = AuthorIndex::decode(stored);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->encode(), stored);
    EXPECT_EQ(again->position(), index.position());
    EXPECT_EQ(again->generation(), 3U);
    EXPECT_EQ(again->events(), index.events());
    for (crdt::ClientId client = 1; client <= 6; ++client) {
      for (crdt::Clock clock = 0; clock < 310; ++clock) {
        const auto expected = index.find(client, clock, clock + 10);
        const auto found = again->find(client, clock, clock + 10);
        ASSERT_EQ(found.end, expected.end);
        ASSERT_EQ(found.author.position, expected.author.position);
        ASSERT_EQ(found.author.accepted_ms, expected.author.accepted_ms);
        if (expected.author.position == 0) continue;
        ASSERT_EQ(*found.author.principal, *expected.author.principal);
      }
    }
  }
  EXPECT_LT(index_of(1000).encode().size(), 9'000U);
}

TEST(AuthorStore, DamageIsRefused) {
  const Bytes stored = index_of(20).encode();
  for (std::size_t size = 0; size < stored.size(); ++size)
    EXPECT_FALSE(AuthorIndex::decode(ByteView(stored).first(size)));
  Bytes later = stored;
  later[0] = 2;
  EXPECT_EQ(AuthorIndex::decode(later).error().code, ErrorCode::kUnsupported);
  std::mt19937 random(1);
  for (int i = 0; i < 5000; ++i) {
    Bytes damaged = stored;
    damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    if (const auto index = AuthorIndex::decode(damaged)) (void)index->find(1, 0, 100);
  }
}

TEST(AuthorStore, AnIndexIsStoredWhenItHasGrownByAnEighth) {
  EXPECT_FALSE(is_worth_storing(index_of(1023), 0));
  EXPECT_TRUE(is_worth_storing(index_of(1024), 0));
  EXPECT_FALSE(is_worth_storing(index_of(10'500), 9'470));
  EXPECT_TRUE(is_worth_storing(index_of(10'500), 9'300));
}

struct Asking {
  explicit Asking(TestWorld& of) : world(of) {}

  // In a process that has just started.
  std::string blame(log::Position at = log::kNow) {
    AuthorIndexes indexes;
    ReplaySources sources = world.sources;
    sources.authors = &indexes;
    auto told =
        ask<Blame>(world, [&](auto done) { blame_object(sources, "w", "o", at, std::move(done)); });
    if (!told) return told.error().message;
    std::string shown;
    for (const BlamedRun& run : told->texts.at(0).runs)
      shown += run.text + std::to_string(run.position) + run.principal + " ";
    kept_events = indexes.get("w", "o")->index.events();
    return shown;
  }
  std::optional<AuthorIndex> stored(std::uint64_t generation = 1) {
    std::optional<AuthorIndex> found;
    load_authors(world.log->snapshots(), "w", "o", generation,
                 [&](std::optional<AuthorIndex> index) { found = std::move(index); });
    world.loop.run();
    return found;
  }

  TestWorld& world;
  std::size_t kept_events = 0;
};

TEST(AuthorStore, TheNextProcessGoesOnFromTheStoredOne) {
  TestWorld world(MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 4000});
  Visit visit(world, "o");
  Typist typist(1);
  for (int i = 0; i < 1200; ++i) visit.submit(typist.type("x"));
  Asking asking(world);
  EXPECT_FALSE(asking.stored());
  const std::string first = asking.blame();
  const auto index = asking.stored();
  ASSERT_TRUE(index);
  EXPECT_EQ(index->position(), 1200U);
  for (int i = 0; i < 3; ++i) visit.submit(typist.type("y"));
  const std::string second = asking.blame();
  EXPECT_EQ(second.substr(0, first.size()), first);
  EXPECT_EQ(asking.kept_events, 1203U);
  EXPECT_EQ(asking.stored()->position(), 1200U) << "it has not grown by much";
  const std::string earlier = asking.blame(1000);
  EXPECT_EQ(earlier, first.substr(0, earlier.size()));
  EXPECT_FALSE(asking.stored(2)) << "of another generation";
  // A damaged one is as none, and is replaced.
  world.store.damage_snapshot("w", authors_name("o"));
  EXPECT_FALSE(asking.stored());
  EXPECT_EQ(asking.blame(), second);
  EXPECT_EQ(asking.stored()->position(), 1203U);
}

// Before anybody has asked.
TEST(AuthorStore, OfALongHistoryTheIndexIsMadeBesideMilestones) {
  testing::HandJobs jobs;
  TestWorld world(MemoryStore::CommitMode::kAtOnce,
                  {.snapshot_min_bytes = 4000, .authors_every = 1000}, &jobs,
                  {.bytes = 1'000'000, .steps = 1'000'000, .memory = 10'000'000});
  AuthorIndexes indexes;
  ReplaySources sources = world.sources;
  sources.authors = &indexes;
  {
    Visit visit(world, "o");
    Typist typist(1);
    int asked = 0;
    for (int i = 0; i < 2500; ++i) {
      visit.submit(typist.type("x"));
      for (; !jobs.waiting().empty(); ++asked) {
        EXPECT_EQ(jobs.waiting(), std::vector<std::string>{"authors"});
        jobs.run_next(world.loop, sources);
        world.loop.run();
      }
    }
    EXPECT_EQ(asked, 2);
  }
  const auto index = Asking(world).stored();
  ASSERT_TRUE(index);
  EXPECT_GE(index->position(), 1024U);
  EXPECT_GE(indexes.get("w", "o")->index.position(), 2000U);
}

}  // namespace
}  // namespace syncline::state
