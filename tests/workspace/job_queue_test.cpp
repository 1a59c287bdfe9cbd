#include "state/job_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "state/worker.h"
#include "support/test_world.h"
#include "support/virtual_loop.h"

namespace syncline::state {
namespace {

using testing::TestWorld;

JobQueue::Entry job(std::string asker, const char* name = "",
                    JobOrder::Kind kind = JobOrder::kAnswer) {
  return {{.kind = kind, .asker = std::move(asker), .name = name}, [](auto&&...) {}};
}

std::vector<std::string> take_all(JobQueue& queue) {
  std::vector<std::string> names;
  while (auto entry = queue.take()) names.emplace_back(entry->order.name);
  return names;
}

TEST(JobQueue, AskersTakeTurns) {
  JobQueue queue({.running = 10});
  for (const char* name : {"a1", "a2", "a3"}) ASSERT_TRUE(queue.push(job("a", name)));
  ASSERT_TRUE(queue.push(job("b", "b1")));
  ASSERT_TRUE(queue.push(job("c", "c1")));
  EXPECT_EQ(take_all(queue), (std::vector<std::string>{"a1", "b1", "c1", "a2", "a3"}));
}

TEST(JobQueue, WhatIsUrgentComesFirstAndHasItsOwnPlaces) {
  JobQueue queue({.running = 2});
  for (const char* name : {"1", "2", "3"}) ASSERT_TRUE(queue.push(job("a", name)));
  for (const char* name : {"u1", "u2", "u3"})
    ASSERT_TRUE(queue.push(job("w", name, JobOrder::kUrgent)));
  EXPECT_EQ(take_all(queue), (std::vector<std::string>{"u1", "u2", "1", "2"}));
  queue.over(JobOrder::kAnswer, "a");
  EXPECT_EQ(take_all(queue), (std::vector<std::string>{"3"}));
  queue.over(JobOrder::kUrgent, "w");
  EXPECT_EQ(take_all(queue), (std::vector<std::string>{"u3"}));
}

TEST(JobQueue, AnAskerHasALimitThatOthersDoNotFeel) {
  JobQueue queue({.running = 1, .answers_by_asker = 3, .answers = 5});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue.push(job("a")));
  auto refused = job("a", "refused");
  EXPECT_EQ(queue.push(std::move(refused)).error().code, ErrorCode::kUnavailable);
  EXPECT_STREQ(refused.order.name, "refused");  // still there
  ASSERT_TRUE(queue.take());
  EXPECT_FALSE(queue.push(job("a"))) << "one runs and two wait";
  queue.over(JobOrder::kAnswer, "a");
  ASSERT_TRUE(queue.push(job("a")));
  ASSERT_TRUE(queue.push(job("b")));
  ASSERT_TRUE(queue.push(job("c")));
  EXPECT_FALSE(queue.push(job("d"))) << "all together have five";
  EXPECT_TRUE(queue.push(job("d", "", JobOrder::kUrgent))) << "what is urgent is never refused";
}

TEST(JobQueue, AnAnswerBeginsWhenThereIsRoomForItOrAlone) {
  JobQueue queue({.running = 10});
  for (const char* name : {"1", "2", "3"}) {
    auto entry = job("a", name);
    entry.order.bytes = 100;
    ASSERT_TRUE(queue.push(std::move(entry)));
  }
  EXPECT_TRUE(queue.take(0)) << "it is the only one";
  EXPECT_FALSE(queue.take(99));
  EXPECT_TRUE(queue.take(100));
  EXPECT_EQ(queue.waiting(), 1u);
  ASSERT_TRUE(queue.push(job("w", "", JobOrder::kUrgent)));
  EXPECT_EQ(queue.take(0)->order.kind, JobOrder::kUrgent) << "a change waits for it";
  EXPECT_FALSE(queue.take(0));
  queue.over(JobOrder::kAnswer, "a");
  queue.over(JobOrder::kAnswer, "a");
  EXPECT_TRUE(queue.take(0));
}

TEST(JobQueue, WhatNobodyWaitsForDoesNotBegin) {
  JobQueue queue({.running = 4});
  auto left = std::make_shared<std::atomic<bool>>(false);
  auto entry = job("a", "left");
  entry.order.abandoned = left;
  ASSERT_TRUE(queue.push(std::move(entry)));
  ASSERT_TRUE(queue.push(job("a", "stays")));
  left->store(true);
  EXPECT_EQ(take_all(queue), (std::vector<std::string>{"stays"}));
  EXPECT_EQ(queue.abandoned(), 1U);
  EXPECT_EQ(queue.waiting(), 0U);
}

TEST(Worker, AnswersThatRunAreCountedUntilTheirSlotsAreGone) {
  TestWorld world;
  JobCounters counters;
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  MemoryCell answers(10 * kMiB);
  Worker worker(world.loop, world.sources, counters, {.running = 4},
                std::make_shared<AnswerRoom>(answers));
  std::vector<JobSlot> slots;
  const auto take = [&](JobOrder::Kind kind, std::size_t bytes) {
    worker.take({.kind = kind, .asker = "a", .bytes = bytes},
                [&](Result<Workplace*>, JobSlot slot) { slots.push_back(std::move(slot)); });
    world.loop.run();
    return answers.used();
  };
  EXPECT_EQ(take(JobOrder::kAnswer, 6 * kMiB), 6 * kMiB);
  EXPECT_EQ(take(JobOrder::kUrgent, 7 * kMiB), 6 * kMiB);
  EXPECT_EQ(take(JobOrder::kAnswer, 3 * kMiB), 9 * kMiB);
  EXPECT_EQ(take(JobOrder::kAnswer, 2 * kMiB), 9 * kMiB) << "it waits";
  EXPECT_EQ(slots.size(), 3u);
  slots.erase(slots.begin());
  world.loop.run();
  EXPECT_EQ(slots.size(), 3u);
  EXPECT_EQ(answers.used(), 5 * kMiB);
  slots.clear();
  EXPECT_EQ(answers.used(), 0u);
}

TEST(Worker, AJobRunsUntilItsSlotIsGone) {
  TestWorld world;
  JobCounters counters;
  Worker worker(world.loop, world.sources, counters, {.running = 1});
  std::vector<JobSlot> slots;
  for (int i = 0; i < 3; ++i)
    worker.take({.asker = "a", .name = "job"}, [&](Result<Workplace*> place, JobSlot slot) {
      ASSERT_TRUE(place);
      EXPECT_FALSE((*place)->sources.off_loop);
      slots.push_back(std::move(slot));
    });
  EXPECT_TRUE(slots.empty()) << "a job begins in a later turn";
  world.loop.run();
  EXPECT_EQ(slots.size(), 1U);
  EXPECT_EQ(counters.waiting, 2U);
  EXPECT_EQ(counters.running, 1U);
  slots[0] = {};
  world.loop.run();
  EXPECT_EQ(slots.size(), 2U);
  slots.clear();
  world.loop.run();
  slots.clear();
  world.loop.run();
  EXPECT_EQ(counters.begun, 3U);
  EXPECT_EQ(counters.running, 0U);
}

TEST(Worker, WhatWaitsAtItsEndIsDropped) {
  TestWorld world;
  JobCounters counters;
  auto token = std::make_shared<int>();
  {
    Worker worker(world.loop, world.sources, counters);
    worker.take({.asker = "a"}, [token](auto&&...) { ADD_FAILURE(); });
  }
  world.loop.run();
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace syncline::state
