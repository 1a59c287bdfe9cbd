#include "limits/failed_tokens.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <utility>

namespace syncline::limits {
namespace {

using Verdict = FailedTokens::Verdict;

TEST(FailedTokens, TheFirstAreAnsweredAtOnceThenLaterThenRefused) {
  FailedTokens failed;
  const std::uint64_t now = 1000;
  std::uint64_t before = 0;
  for (std::uint64_t i = 1; i <= FailedTokens::kConnection.slow; ++i) {
    const Verdict verdict = failed.note("203.0.113.5:1", now);
    EXPECT_EQ(verdict.retry_after_s, 0u) << i;
    EXPECT_EQ(verdict.delay_ms == 0, i <= FailedTokens::kConnection.at_once) << i;
    EXPECT_GE(verdict.delay_ms, before) << i;
    EXPECT_LE(verdict.delay_ms, FailedTokens::kMaxDelayMs) << i;
    before = verdict.delay_ms;
  }
  const Verdict refused = failed.note("203.0.113.5:1", now);
  EXPECT_EQ(refused.delay_ms, FailedTokens::kMaxDelayMs);
  EXPECT_GT(refused.retry_after_s, 0u);
}

TEST(FailedTokens, AfterTheTimeThatItNamesAClientIsAnswered) {
  FailedTokens failed;
  std::uint64_t now = 1000;
  std::uint64_t retry_after_s = 0;
  for (int i = 0; i < 10'000; ++i) retry_after_s = failed.note("203.0.113.5:1", now).retry_after_s;
  EXPECT_LE(retry_after_s * 1000, FailedTokens::kMaxCount * FailedTokens::kForgetMs);
  EXPECT_GT(failed.note("203.0.113.5:1", now + 1000).retry_after_s, 0u);
  now += 1000 + retry_after_s * 1000;
  EXPECT_EQ(failed.note("203.0.113.5:1", now).retry_after_s, 0u);
  now += FailedTokens::kMaxCount * FailedTokens::kForgetMs;
  EXPECT_EQ(failed.note("203.0.113.5:1", now).delay_ms, 0u) << "all is forgotten";
}

// A client that waits for each answer on one connection tries few tokens, however long.
TEST(FailedTokens, OneConnectionTriesAtMostOneTokenInTheLongestDelay) {
  FailedTokens failed;
  std::uint64_t now = 0;
  int tried = 0;
  while (now < 3'600'000) {
    now += failed.note("203.0.113.5:1", now).delay_ms + 1;
    ++tried;
  }
  EXPECT_LE(tried, 3600 * 1000 / static_cast<int>(FailedTokens::kForgetMs) + 60);
}

TEST(FailedTokens, ManyConnectionsOfANetworkShareABucket) {
  FailedTokens failed;
  int answered = 0;
  for (int port = 1; port <= 1000; ++port)
    answered += failed.note(fmt::format("203.0.113.5:{}", port), 1000).retry_after_s == 0;
  EXPECT_EQ(answered, static_cast<int>(FailedTokens::kNetwork.slow));
  EXPECT_EQ(failed.note("203.0.113.6:1", 1000).delay_ms, 0u) << "another network";
}

TEST(FailedTokens, TheTableForgetsAndNeverGrows) {
  FailedTokens failed(4);
  for (int i = 0; i < 200; ++i) failed.note("203.0.113.5:1", 1000);
  for (int i = 0; i < 200; ++i) failed.note(fmt::format("198.51.100.{}:1", i), 1000);
  EXPECT_GT(failed.note("203.0.113.5:1", 1000).retry_after_s, 0u) << "those that guess most stay";
}

TEST(FailedTokens, WithoutAPeerThereIsNoLimit) {
  FailedTokens failed;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(failed.note("", 1000).delay_ms, 0u);
}

}  // namespace
}  // namespace syncline::limits
