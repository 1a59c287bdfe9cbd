#include "session/token_life.h"

#include <gtest/gtest.h>

#include <memory>

#include "support/virtual_loop.h"

namespace syncline::session {
namespace {

struct Holder final : TokenLife::Holder {
  void token_wanted() override { ++wanted; }
  void token_expired() override {
    ++expired;
    life.reset();
  }

  std::unique_ptr<TokenLife> life;
  int wanted = 0;
  int expired = 0;
};

identity::Principal lasting(const Scheduler& loop, std::uint64_t ms, std::uint64_t age_ms = 0) {
  return {.id = "ann",
          .identity = std::make_shared<identity::Identity>(identity::Identity{
              .issued_ms = loop.unix_ms() - age_ms, .expires_ms = loop.unix_ms() + ms})};
}

TEST(TokenLife, ATokenThatNeverExpiresCostsNothing) {
  testing::VirtualLoop loop;
  Holder holder;
  EXPECT_EQ(TokenLife::watch(loop, {.id = "ann"}, holder), nullptr);
}

TEST(TokenLife, ANewTokenIsWantedBeforeTheEnd) {
  testing::VirtualLoop loop;
  Holder holder;
  holder.life = TokenLife::watch(loop, lasting(loop, 3'600'000), holder);
  loop.advance(3'600'000 - 60'001);
  EXPECT_EQ(holder.wanted, 0);
  loop.advance(1);
  EXPECT_EQ(holder.wanted, 1);
  loop.advance(59'999);
  EXPECT_EQ(holder.expired, 0);
  loop.advance(1);
  EXPECT_EQ(holder.expired, 1);
  EXPECT_EQ(holder.wanted, 1);
}

TEST(TokenLife, OfAShortTokenForItsLastTenth) {
  testing::VirtualLoop loop;
  Holder holder;
  holder.life = TokenLife::watch(loop, lasting(loop, 10'000, 10'000), holder);
  loop.advance(7'999);
  EXPECT_EQ(holder.wanted, 0);
  loop.advance(1);
  EXPECT_EQ(holder.wanted, 1);
  EXPECT_EQ(holder.expired, 0);
}

TEST(TokenLife, TheSameTokenAgainIsNotAskedForOnceMore) {
  testing::VirtualLoop loop;
  Holder holder;
  const auto principal = lasting(loop, 10'000);
  holder.life = TokenLife::watch(loop, principal, holder);
  loop.advance(9'500);
  holder.life = TokenLife::watch(loop, principal, holder);
  loop.advance(1'000);
  EXPECT_EQ(holder.wanted, 1);
  EXPECT_EQ(holder.expired, 1);
}

TEST(TokenLife, AWallClockThatJumpsNeitherKeepsNorEndsIt) {
  constexpr std::uint64_t kHours = 5 * 3'600'000;
  for (const bool forward : {true, false}) {
    testing::VirtualLoop loop;
    loop.ahead_ms = kHours;
    Holder holder;
    holder.life = TokenLife::watch(loop, lasting(loop, 10'000), holder);
    loop.ahead_ms = forward ? 2 * kHours : 0;
    loop.advance(9'999);
    EXPECT_EQ(holder.expired, 0);
    loop.advance(1);
    EXPECT_EQ(holder.expired, 1);
  }
}

TEST(TokenLife, WhatExpiredBeforeItIsUsedOpensNothing) {
  testing::VirtualLoop loop;
  const auto principal = lasting(loop, 1'000);
  EXPECT_TRUE(check_life(principal, loop));
  loop.advance(1'000);
  const auto over = check_life(principal, loop);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, ErrorCode::kUnauthorized);
  EXPECT_TRUE(check_life({.id = "ann"}, loop));
}

}  // namespace
}  // namespace syncline::session
