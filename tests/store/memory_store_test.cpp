#include "store/memory_store.h"

#include <gtest/gtest.h>

#include "log/actor_conformance.h"
#include "log/directory_conformance.h"
#include "log/event_log_conformance.h"
#include "log/waiting_conformance.h"

namespace syncline::testing {
namespace {

struct MemoryFixture {
  store::MemoryStore store;

  std::unique_ptr<log::LoopStore> open(Scheduler& loop) { return store.open_loop(loop); }
  void restart() {}
};

// Every snapshot is stored apart.
struct MemoryApartFixture {
  store::MemoryStore store{store::MemoryStore::CommitMode::kAtOnce, {.inline_bytes = 0}};

  std::unique_ptr<log::LoopStore> open(Scheduler& loop) { return store.open_loop(loop); }
  void restart() { store.crash(); }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, EventLogConformance, MemoryFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(MemoryApart, EventLogConformance, MemoryApartFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, WaitingConformance, MemoryFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ActorConformance, MemoryFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, DirectoryConformance, MemoryFixture);

TEST(MemoryStore, AManualCommitDecidesWhatACrashFinds) {
  TestLoop loop;
  store::MemoryStore store(store::MemoryStore::CommitMode::kManual);
  auto raw = store.open_loop(loop);
  TestChain chain;
  std::vector<log::Position> answered;
  for (log::Position position = 1; position <= 3; ++position) {
    auto event = sample_event("a", "x");
    std::vector<log::EncodedEvent> events;
    events.push_back(chain.seal(event, loop.unix_ms()).value());
    raw->events().append(
        "w", {.events = std::move(events), .after = position - 1},
        [&](Result<log::Appended> result) { answered.push_back(result.value().last_position); });
  }
  loop.drain();
  EXPECT_TRUE(answered.empty());
  EXPECT_EQ(store.waiting(), 3u);
  store.commit(2);
  loop.drain();
  EXPECT_EQ(answered, (std::vector<log::Position>{1, 2}));
  raw.reset();
  store.crash();
  raw = store.open_loop(loop);
  EXPECT_EQ(BlockingLog(*raw, loop).head("w").value().last_position, 2u);
}

TEST(MemoryStore, FailsAsTold) {
  TestLoop loop;
  store::MemoryStore store;
  auto raw = store.open_loop(loop);
  BlockingLog log(*raw, loop);
  store.fail_appends(Error{ErrorCode::kUnavailable, "full"});
  EXPECT_EQ(log.add("w", sample_event("a", "1")).error().code, ErrorCode::kUnavailable);
  store.fail_appends(std::nullopt);
  EXPECT_TRUE(log.add("w", sample_event("a", "1")).has_value());
  store.fail_appends(Error{ErrorCode::kIo, "broken"});
  store.fail_appends(std::nullopt);
  EXPECT_EQ(log.add("w", sample_event("a", "2")).error().code, ErrorCode::kIo);
  EXPECT_EQ(log.read("w").value().size(), 1u);
}

TEST(MemoryStore, DamageIsFoundAndNamed) {
  TestLoop loop;
  store::MemoryStore store;
  auto raw = store.open_loop(loop);
  BlockingLog log(*raw, loop);
  for (int index = 0; index < 3; ++index)
    ASSERT_TRUE(log.add("w", sample_event("a", "text")).has_value());
  ASSERT_TRUE(log.put_snapshot("w", "a", 3, "state").has_value());
  store.damage_event("w", 2);
  store.damage_snapshot("w", "a");
  const auto read = log.read("w");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(read.error().message.find("workspace w, event 2"), std::string::npos);
  EXPECT_EQ(log.read_object("w", "a").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(log.load_snapshot("w", "a").error().code, ErrorCode::kCorrupt);
  ASSERT_TRUE(log.put_snapshot("w", "a", 3, "state").has_value());
  EXPECT_TRUE(log.load_snapshot("w", "a").value().has_value());
}

}  // namespace
}  // namespace syncline::testing
