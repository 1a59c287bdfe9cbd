#include "identity/key_cache.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace syncline::identity {
namespace {

constexpr std::uint64_t kSecond = 1000;
constexpr std::uint64_t kMinute = 60 * kSecond;

jose::KeySet some_keys() {
  return jose::KeySet();
}

std::unexpected<Error> broken() {
  return fail(ErrorCode::kUnavailable, "no answer");
}

// One cache and the answers that it gave.
struct Asked {
  KeyCache cache;
  std::vector<Result<Keys>> answers;

  bool ask(std::uint64_t now_ms, const Keys& known) {
    return cache.ask(now_ms, known,
                     [this](Result<Keys> keys) { answers.push_back(std::move(keys)); });
  }
  void end(std::uint64_t now_ms, Result<jose::KeySet> fetched) {
    auto told = cache.ended(now_ms, std::move(fetched));
    for (auto& waiter : told.waiters) waiter(told.answer);
  }
  Keys fill(std::uint64_t now_ms) {
    cache.began(now_ms);
    end(now_ms, some_keys());
    return cache.keys(now_ms);
  }
};

TEST(KeyCache, AllWhoNeedKeysShareOneFetch) {
  Asked asked;
  EXPECT_TRUE(asked.cache.is_due(0));
  EXPECT_TRUE(asked.ask(0, nullptr));
  EXPECT_FALSE(asked.cache.is_due(0));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(asked.ask(1, nullptr));
  EXPECT_TRUE(asked.answers.empty());
  asked.end(2, some_keys());
  ASSERT_EQ(asked.answers.size(), 101);
  for (const auto& answer : asked.answers) EXPECT_EQ(answer.value(), asked.cache.keys(2));
  EXPECT_NE(asked.cache.keys(2), nullptr);
}

TEST(KeyCache, KeysAreFreshForTenMinutes) {
  Asked asked;
  asked.fill(0);
  EXPECT_FALSE(asked.cache.is_due(10 * kMinute - 1));
  EXPECT_TRUE(asked.cache.is_due(10 * kMinute));
  EXPECT_NE(asked.cache.keys(10 * kMinute), nullptr);  // they serve meanwhile
}

TEST(KeyCache, AnUnknownKeyCausesOneFetchInThirtySeconds) {
  Asked asked;
  const Keys old = asked.fill(0);
  EXPECT_FALSE(asked.ask(30 * kSecond - 1, old));
  ASSERT_EQ(asked.answers.size(), 1);
  EXPECT_EQ(asked.answers[0].value(), old);  // nothing newer
  EXPECT_TRUE(asked.ask(30 * kSecond, old));
  asked.end(31 * kSecond, some_keys());
  ASSERT_EQ(asked.answers.size(), 2);
  EXPECT_NE(asked.answers[1].value(), old);
  // The same question is answered with what is there.
  EXPECT_FALSE(asked.ask(32 * kSecond, old));
  EXPECT_EQ(asked.answers[2].value(), asked.cache.keys(32 * kSecond));
  // 1,000 unknown keys a second for a minute: two fetches.
  int fetches = 0;
  for (std::uint64_t ms = 32 * kSecond; ms < 92 * kSecond; ++ms) {
    if (!asked.ask(ms, asked.cache.keys(ms))) continue;
    ++fetches;
    asked.end(ms, some_keys());
  }
  EXPECT_EQ(fetches, 2);
}

TEST(KeyCache, AFetchThatFailedCountsTowardsTheCooldown) {
  Asked asked;
  EXPECT_TRUE(asked.ask(0, nullptr));
  asked.end(5 * kSecond, broken());
  ASSERT_EQ(asked.answers.size(), 1);
  EXPECT_EQ(asked.answers[0].error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(asked.cache.is_due(29 * kSecond));
  EXPECT_FALSE(asked.ask(29 * kSecond, nullptr));
  ASSERT_EQ(asked.answers.size(), 2);
  EXPECT_EQ(asked.answers[1].error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(asked.cache.is_due(30 * kSecond));
  EXPECT_TRUE(asked.ask(30 * kSecond, nullptr));
}

TEST(KeyCache, OldKeysServeWhileFetchesFailForADay) {
  Asked asked;
  const Keys old = asked.fill(0);
  constexpr std::uint64_t kDay = 24 * 60 * kMinute;
  for (std::uint64_t ms = 10 * kMinute; ms < kDay; ms += 10 * kMinute) {
    ASSERT_TRUE(asked.cache.is_due(ms));
    asked.cache.began(ms);
    asked.end(ms + kSecond, broken());
    ASSERT_EQ(asked.cache.keys(ms + kSecond), old);
  }
  EXPECT_EQ(asked.cache.keys(kDay - 1), old);
  EXPECT_EQ(asked.cache.keys(kDay), nullptr);
}

TEST(KeyCache, AKeyThatWasRemovedEndsWithTheNextFetch) {
  Asked asked;
  const Keys old = asked.fill(0);
  asked.cache.began(10 * kMinute);
  asked.end(10 * kMinute, some_keys());
  EXPECT_NE(asked.cache.keys(10 * kMinute), old);
}

TEST(KeyCache, WaitersAreBounded) {
  Asked asked;
  EXPECT_TRUE(asked.ask(0, nullptr));
  for (std::size_t i = 1; i < KeyCache::kMaxWaiters; ++i) asked.ask(0, nullptr);
  EXPECT_TRUE(asked.answers.empty());
  EXPECT_FALSE(asked.ask(0, nullptr));
  ASSERT_EQ(asked.answers.size(), 1);
  EXPECT_EQ(asked.answers[0].error().code, ErrorCode::kUnavailable);
  asked.end(1, some_keys());
  EXPECT_EQ(asked.answers.size(), KeyCache::kMaxWaiters + 1);
}

}  // namespace
}  // namespace syncline::identity
