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
