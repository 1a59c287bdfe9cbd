#include "state/job_room.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/memory_account.h"
#include "one_workspace.h"
#include "state/state_parts.h"
#include "state/worker.h"
#include "state/workspace_replay.h"

namespace syncline::state {
namespace {

constexpr std::uint64_t kRoomMiB = std::uint64_t{1} << 20;

// A worker of a process with 1,000 MiB, of which answers may have 30 MiB.
struct RoomTest : ::testing::Test {
  // A job that wants so much at once, and keeps what it gets until it is over.
  struct Asking {
    std::optional<Result<MemoryCharge>> got;
    JobSlot slot;
    JobRoom* room = nullptr;

    bool has() const { return got && *got; }
    ErrorCode refusal() const { return got->error().code; }
    void end() { *this = Asking(); }
  };

  std::unique_ptr<Asking> ask(std::uint64_t bytes, JobOrder order = {.asker = "a"}) {
    auto asking = std::make_unique<Asking>();
    worker.take(
        std::move(order), [to = asking.get(), bytes](Result<Workplace*> place, JobSlot slot) {
          to->slot = std::move(slot);
          to->room = (*place)->sources.room;
          to->room->want(bytes, [to](Result<MemoryCharge> charge) { to->got = std::move(charge); });
        });
    world.loop.run();
    return asking;
  }
  std::uint64_t used() { return memory.used(MemoryUse::kAnswers); }

  // No snapshots of its own.
  TestWorld world{store::MemoryStore::CommitMode::kAtOnce,
                  {.snapshot_min_bytes = std::size_t{1} << 40}};
  MemoryBudget memory{1000 * kRoomMiB, 1, {0, 0, 0, 0, 0, 30 * kRoomMiB, 0}};
  std::shared_ptr<AnswerRoom> room =
      std::make_shared<AnswerRoom>(memory.cell(MemoryUse::kAnswers), &memory);
  JobCounters counters;
  Worker worker{world.loop, world.sources, counters, {.running = 3}, room};
};

TEST_F(RoomTest, OneJobAtATimeMayHaveWhatDoesNotFit) {
  auto fits = ask(20 * kRoomMiB);
  EXPECT_TRUE(fits->has());
  EXPECT_GE(used(), 20 * kRoomMiB);
  auto large = ask(100 * kRoomMiB);
  EXPECT_TRUE(large->has()) << "nobody else has more than fits";
  auto waits = ask(100 * kRoomMiB);
  auto waits_too = ask(20 * kRoomMiB);
  world.loop.advance(1000);
  EXPECT_FALSE(waits->got || waits_too->got);
  EXPECT_LE(used(), 121 * kRoomMiB);
  large->end();
  world.loop.advance(100);
  EXPECT_TRUE(waits->has()) << "it came first";
  EXPECT_FALSE(waits_too->got);
  fits->end();
  waits->end();
  world.loop.advance(100);
  EXPECT_TRUE(waits_too->has());
  waits_too->end();
  EXPECT_EQ(used(), 0u);
}

// Otherwise the small answers behind it would wait, too.
TEST_F(RoomTest, AJobThatWaitsForMemoryDoesNotCountAsRunning) {
  auto fits = ask(20 * kRoomMiB);
  auto large = ask(100 * kRoomMiB);
  auto waits = ask(100 * kRoomMiB);
  auto waits_too = ask(100 * kRoomMiB);
  EXPECT_FALSE(waits->got || waits_too->got);
  auto small = ask(kRoomMiB / 2);
  EXPECT_TRUE(small->has());
  small->end();
  large->end();
  waits->end();
  waits_too->end();
}

TEST_F(RoomTest, WhoWaitsTooLongIsRefusedAndComesBack) {
  auto large = ask(100 * kRoomMiB);
  auto waits = ask(100 * kRoomMiB);
  world.loop.advance(RoomLine::kMostWaitMs - 100);
  EXPECT_FALSE(waits->got);
  world.loop.advance(200);
  ASSERT_TRUE(waits->got);
  EXPECT_EQ(waits->refusal(), ErrorCode::kUnavailable);
  waits->end();
  large->end();
  world.loop.run();
  EXPECT_EQ(counters.running, 0u) << "a refused job counts once, and no more when it is over";
  auto again = ask(100 * kRoomMiB);
  EXPECT_TRUE(again->has());
  again->end();
}

TEST_F(RoomTest, WhileMemoryIsShortOnlyOneJobHasMuch) {
  memory.set_resident(850 * kRoomMiB);
  auto alone = ask(10 * kRoomMiB, {.asker = "a"});
  EXPECT_TRUE(alone->has());
  memory.set_resident(900 * kRoomMiB);
  ASSERT_TRUE(memory.tight());
  auto next = ask(10 * kRoomMiB);
  EXPECT_TRUE(next->has()) << "one";
  alone->end();
  auto waits = ask(10 * kRoomMiB);
  auto little = ask(kRoomMiB);
  EXPECT_FALSE(waits->got);
  EXPECT_TRUE(little->has());
  memory.set_resident(100 * kRoomMiB);
  world.loop.advance(100);
  EXPECT_TRUE(waits->has());
}

TEST_F(RoomTest, WhileMemoryIsFullNoLargeAnswerBegins) {
  memory.set_resident(1000 * kRoomMiB);
  auto refused = ask(10 * kRoomMiB);
  ASSERT_TRUE(refused->got);
  EXPECT_EQ(refused->refusal(), ErrorCode::kUnavailable);
  auto urgent = ask(10 * kRoomMiB, {.kind = JobOrder::kUrgent, .asker = "w"});
  EXPECT_TRUE(urgent->has()) << "somebody's change waits for it";
}

TEST_F(RoomTest, WhatCanNeverFitIsRefusedForGood) {
  auto refused = ask(700 * kRoomMiB);
  ASSERT_TRUE(refused->got);
  EXPECT_EQ(refused->refusal(), ErrorCode::kTooLarge);
  EXPECT_NE(refused->got->error().message.find("--memory-mib"), std::string::npos);
  EXPECT_TRUE(ask(500 * kRoomMiB)->has());
}

// Open documents that nobody uses leave the memory for it.
TEST_F(RoomTest, WhoeverNeedsMuchMakesOthersShrink) {
  memory.set_resident(100 * kRoomMiB);  // what the program itself needs
  memory.set_resident(800 * kRoomMiB);
  auto waits = ask(300 * kRoomMiB);
  EXPECT_FALSE(waits->got);
  EXPECT_FALSE(memory.tight());
  EXPECT_TRUE(memory.pressed());
  memory.set_resident(600 * kRoomMiB);
  world.loop.advance(100);
  EXPECT_TRUE(waits->has());
  EXPECT_FALSE(memory.pressed());
}

// Also if it gets what it wants because others have left, and not because it is privileged.
TEST_F(RoomTest, WhatAJobHasGotIsNotWantedAnyMore) {
  memory.set_resident(100 * kRoomMiB);  // what the program itself needs
  memory.set_resident(940 * kRoomMiB);
  auto waits = ask(20 * kRoomMiB);
  EXPECT_FALSE(waits->got);
  EXPECT_TRUE(memory.pressed());
  memory.set_resident(500 * kRoomMiB);
  world.loop.advance(100);
  EXPECT_TRUE(waits->has());
  memory.set_resident(940 * kRoomMiB);
  EXPECT_FALSE(memory.pressed());
}

TEST_F(RoomTest, APrincipalWaitsForHimselfAndOthersGoOn) {
  AccountTable accounts({.principal = {0, 0, 0, 0, 0, 8 * kRoomMiB, 0}}, &memory);
  const SharedAccount ann = accounts.account_of({.principal = "ann"});
  auto large = ask(100 * kRoomMiB);
  large->got.reset();  // nobody else may have what does not fit
  auto first = ask(6 * kRoomMiB, {.asker = "ann", .account = ann});
  EXPECT_TRUE(first->has());
  auto second = ask(6 * kRoomMiB, {.asker = "ann", .account = ann});
  EXPECT_FALSE(second->got);
  auto other = ask(6 * kRoomMiB, {.asker = "bob"});
  EXPECT_TRUE(other->has());
  EXPECT_GE(ann->cell(MemoryUse::kAnswers).used(), 6 * kRoomMiB);
  first->end();
  world.loop.advance(100);
  EXPECT_TRUE(second->has());
}

TEST_F(RoomTest, WhatNobodyWaitsForWaitsNoLonger) {
  auto left = std::make_shared<std::atomic<bool>>(false);
  auto large = ask(100 * kRoomMiB);
  auto waits = ask(100 * kRoomMiB, {.asker = "a", .abandoned = left});
  left->store(true);
  world.loop.advance(100);
  ASSERT_TRUE(waits->got);
  EXPECT_FALSE(*waits->got);
}

// A job that somebody still has may outlive its worker, and the loop of that worker.
TEST(RoomLineTest, AfterTheEndItDoesNotUseItsLoop) {
  struct CountingLoop final : Scheduler {
    void post(Task) override {}
    bool is_current() const override { return true; }
    TimerId after(std::uint64_t, Task) override { return 1; }
    void cancel(TimerId) override { ++cancels; }
    std::uint64_t monotonic_ms() const override { return 0; }
    std::uint64_t unix_ms() const override { return 0; }
    int cancels = 0;
  } loop;
  auto line = std::make_unique<RoomLine>(loop, [](JobOrder::Kind, bool) {});
  line->end();
  const int before = loop.cancels;
  line.reset();
  EXPECT_EQ(loop.cancels, before);
}

TEST_F(RoomTest, WhatWaitsAtTheEndOfAWorkerIsDropped) {
  JobCounters other_counters;
  auto token = std::make_shared<int>();
  auto large = ask(100 * kRoomMiB);
  {
    Worker ends(world.loop, world.sources, other_counters, {}, room);
    ends.take({.asker = "a"}, [token](Result<Workplace*> place, JobSlot slot) {
      (*place)->sources.room->want(
          100 * kRoomMiB, [token, slot = std::move(slot)](auto) { ADD_FAILURE() << "granted"; });
    });
    world.loop.run();
    EXPECT_GT(token.use_count(), 1);
  }
  world.loop.advance(1000);
  EXPECT_EQ(token.use_count(), 1);
}

// ---- what jobs want

struct ReplayRoomTest : RoomTest {
  // An object with so much text, of which there is a snapshot.
  void store(const std::string& object, std::size_t bytes) {
    submit(world, object, Typist(1).type(std::string(bytes, 'x')));
    std::optional<ReplayedObject> made;
    replay_object(world.sources, "w", object, log::kNow,
                  [&](Result<ReplayedObject> replayed) { made = std::move(replayed.value()); });
    world.loop.run();
    ASSERT_TRUE(made);
    world.sources.snapshots.put_snapshot("w", object,
                                         milestone_of(*made->object, made->position, 1),
                                         [](Result<void> done) { EXPECT_TRUE(done); });
    world.loop.run();
  }

  // The answer, once there is one.
  template <typename T>
  std::shared_ptr<std::optional<Result<T>>> run(
      std::move_only_function<void(const ReplaySources&, log::Done<T>)> job) {
    auto answer = std::make_shared<std::optional<Result<T>>>();
    worker.take({.asker = "a"},
                [answer, job = std::move(job)](Result<Workplace*> place, JobSlot slot) mutable {
                  job((*place)->sources, [answer, slot = std::move(slot)](Result<T> made) mutable {
                    *answer = std::move(made);
                  });
                });
    world.loop.run();
    return answer;
  }

  std::shared_ptr<std::optional<Result<ReplayedObject>>> replay_it() {
    return run<ReplayedObject>([](const ReplaySources& sources, auto done) {
      replay_object(sources, "w", "o", log::kNow, std::move(done));
    });
  }
};

TEST_F(ReplayRoomTest, TheStoredSizeIsKnownBeforeItIsRead) {
  store("o", 3 * kRoomMiB);
  std::optional<std::uint64_t> stored;
  world.sources.snapshots.measure_snapshot(
      "w", "o", log::kNow, [&](Result<std::uint64_t> bytes) { stored = bytes.value(); });
  world.loop.run();
  ASSERT_TRUE(stored);
  EXPECT_GT(*stored, 3 * kRoomMiB - 1);
  EXPECT_LT(*stored, 3 * kRoomMiB + 1000);
  world.sources.snapshots.measure_snapshot(
      "w", "none", log::kNow, [&](Result<std::uint64_t> bytes) { stored = bytes.value(); });
  world.loop.run();
  EXPECT_EQ(*stored, 0u);
}

TEST_F(ReplayRoomTest, AReplayIsChargedAsLongAsItsObjectLives) {
  store("o", 3 * kRoomMiB);
  const auto replayed = replay_it();
  ASSERT_TRUE(*replayed && **replayed);
  const std::size_t object = (**replayed)->object->memory_bytes();
  EXPECT_GT(object, 3 * kRoomMiB - 1);
  EXPECT_EQ(used(), object);
  replayed->reset();
  EXPECT_EQ(used(), 0u);
}

// An object of which there is no snapshot needs more than what is stored as one.
TEST_F(ReplayRoomTest, AReplayWaitsForWhatItNeedsMoreThanWasKnown) {
  Typist typist(1);
  for (int i = 0; i < 6; ++i) submit(world, "o", typist.type(std::string(900'000, 'x')));
  auto large = ask(100 * kRoomMiB);
  const auto replayed = replay_it();
  world.loop.advance(1000);
  EXPECT_FALSE(*replayed);
  EXPECT_GT(used(), 101 * kRoomMiB) << "what it has read";
  EXPECT_LT(used(), 104 * kRoomMiB);
  large->end();
  world.loop.advance(100);
  ASSERT_TRUE(*replayed && **replayed);
  EXPECT_EQ(used(), (**replayed)->object->memory_bytes());
}

TEST_F(ReplayRoomTest, WhatIsShownWaitsForMemoryForItsText) {
  submit(world, "o", Typist(1).type(std::string(900'000, 'x')));
  auto large = ask(100 * kRoomMiB);
  const auto shown = run<ReplayedObject>([](const ReplaySources& sources, auto done) {
    replay_to_show(sources, "w", "o", log::kNow, std::move(done));
  });
  world.loop.advance(1000);
  EXPECT_FALSE(*shown);
  large->end();
  world.loop.advance(100);
  ASSERT_TRUE(*shown && **shown);
  EXPECT_EQ(used(), 4 * (**shown)->object->memory_bytes());
  shown->reset();
  EXPECT_EQ(used(), 0u);
}

TEST_F(ReplayRoomTest, AReplayWaitsForMemoryBeforeItReads) {
  store("o", 3 * kRoomMiB);
  auto large = ask(100 * kRoomMiB);
  const auto replayed = replay_it();
  world.loop.advance(1000);
  EXPECT_FALSE(*replayed);
  EXPECT_LT(used(), 102 * kRoomMiB);
  large->end();
  world.loop.advance(100);
  EXPECT_TRUE(*replayed && **replayed);
}

TEST_F(ReplayRoomTest, WhileMemoryIsFullAReplayIsRefused) {
  store("o", 3 * kRoomMiB);
  memory.set_resident(1000 * kRoomMiB);
  const auto refused = replay_it();
  ASSERT_TRUE(*refused);
  EXPECT_EQ((*refused)->error().code, ErrorCode::kUnavailable);
}

TEST_F(ReplayRoomTest, APageOfStatesIsChargedUntilItIsGone) {
  for (const char* object : {"a", "b"}) store(object, 3 * kRoomMiB / 2);
  const auto page = run<ObjectPage>([](const ReplaySources& sources, auto done) {
    replay_workspace(sources, "w", "", "", 100, log::kNow, std::move(done));
  });
  ASSERT_TRUE(*page && **page);
  EXPECT_EQ((**page)->objects.size(), 2u);
  EXPECT_GE(used(), 3 * 3 * kRoomMiB) << "the page, and two texts that are made of it";
  page->reset();
  EXPECT_EQ(used(), 0u);
}

}  // namespace
}  // namespace syncline::state
