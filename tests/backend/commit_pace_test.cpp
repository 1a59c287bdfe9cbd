#include "backend/store/commit_pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace syncline::backend::store {
namespace {

constexpr std::uint64_t kStart = 1'000'000'000;
constexpr std::size_t kFew = 1;
constexpr std::size_t kSmall = 200;  // bytes

TEST(CommitPace, AnAppendAfterARestDoesNotWait) {
  CommitPace pace;
  EXPECT_EQ(pace.wait_us(kFew, kSmall, kStart), 0U);
  pace.began(1, false, kStart);
  EXPECT_EQ(pace.wait_us(kFew, kSmall, kStart + CommitPace::kIntervalUs), 0U);
}

TEST(CommitPace, AnAppendSoonAfterACommitWaitsForTheRestOfTheInterval) {
  CommitPace pace;
  pace.began(1, false, kStart);
  EXPECT_EQ(pace.wait_us(kFew, kSmall, kStart + 300), CommitPace::kIntervalUs - 300);
}

TEST(CommitPace, WhatIsEnoughDoesNotWait) {
  CommitPace pace;
  pace.began(1, false, kStart);
  EXPECT_EQ(pace.wait_us(CommitPace::kEnoughRequests, kSmall, kStart + 300), 0U);
  EXPECT_EQ(pace.wait_us(kFew, CommitPace::kEnoughBytes, kStart + 300), 0U);
}

// What a committer does for appends that come at the same distance, with a sync that takes so long.
struct Appended {
  std::uint64_t commits = 0;
  std::uint64_t waits = 0;
};
Appended run_at_a_rate(std::uint64_t distance_us, std::uint64_t sync_us, std::uint64_t length_us) {
  CommitPace pace;
  Appended run;
  std::uint64_t next_append = kStart;
  for (std::uint64_t now = kStart; now < kStart + length_us; now += sync_us) {
    now = std::max(now, next_append);
    const std::uint64_t wait = pace.wait_us(1, kSmall, now);
    now += wait;
    std::size_t requests = 0;
    for (; next_append <= now; next_append += distance_us) ++requests;
    pace.began(requests, wait > 0, now);
    ++run.commits;
    run.waits += wait > 0 ? 1 : 0;
  }
  return run;
}

// 5,000 appends a second would have 5,000 syncs on a disk that takes 0.15 ms for each.
TEST(CommitPace, FrequentAppendsShareTheirSyncs) {
  const Appended run = run_at_a_rate(200, 150, 10'000'000);
  EXPECT_LE(run.commits, 10'000'000 / CommitPace::kIntervalUs + 1);
}

// Each wait is a loss for a client that sends the next append when it has the answer.
TEST(CommitPace, ClientsThatWaitForTheirAnswersAreNotMadeSlower) {
  for (const std::size_t clients : {1, 2}) {
    CommitPace pace;
    std::uint64_t waits = 0;
    std::uint64_t now = kStart;
    constexpr int kCommits = 100'000;
    for (int i = 0; i < kCommits; ++i, now += 200) {
      const std::uint64_t wait = pace.wait_us(clients, kSmall, now);
      waits += wait > 0 ? 1 : 0;
      now += wait;
      pace.began(clients, wait > 0, now);
    }
    EXPECT_LE(waits, kCommits / CommitPace::kMostSkipped + 16);
  }
}

TEST(CommitPace, AfterSlowClientsAWaitThatPaysIsTakenUpAgain) {
  CommitPace pace;
  std::uint64_t now = kStart;
  for (int i = 0; i < 10'000; ++i, now += 200) {
    const std::uint64_t wait = pace.wait_us(1, kSmall, now);
    now += wait;
    pace.began(1, wait > 0, now);
  }
  // Now many come. At most the skipped commits pass before they share syncs again.
  std::uint32_t unshared = 0;
  for (; pace.wait_us(1, kSmall, now) == 0; now += 200) {
    pace.began(1, false, now);
    ASSERT_LE(++unshared, CommitPace::kMostSkipped + 1);
  }
  pace.began(CommitPace::kPays, true, now + CommitPace::kIntervalUs);
  EXPECT_GT(pace.wait_us(1, kSmall, now + CommitPace::kIntervalUs + 200), 0U);
}

}  // namespace
}  // namespace syncline::backend::store
