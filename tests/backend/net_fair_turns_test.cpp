#include "backend/net/fair_turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace syncline::backend {
namespace {

TEST(NetFairTurns, WhatSomebodyHasTakenCountsHalfAfterEachPeriod) {
  FairTurns turns(100);
  FairTurns::Taken one, two;
  turns.charge(one, 40);
  EXPECT_EQ(turns.lately(one), 40u);
  turns.charge(two, 60);  // ends the period
  EXPECT_EQ(turns.lately(one), 20u);
  EXPECT_EQ(turns.lately(two), 30u);
  turns.charge(two, 70);
  EXPECT_EQ(turns.lately(two), 100u);
  turns.charge(two, 30);
  EXPECT_EQ(turns.lately(one), 10u);
}

TEST(NetFairTurns, ALongTurnIsCountedAndForgotten) {
  FairTurns turns(100);
  FairTurns::Taken one, other;
  turns.charge(one, std::uint64_t{1} << 40);
  EXPECT_EQ(turns.lately(one), std::numeric_limits<std::uint32_t>::max() >> 1);
  for (int i = 0; i < 40; ++i) turns.charge(other, 100);
  EXPECT_EQ(turns.lately(one), 0u);
}

TEST(NetFairTurns, WhoeverHasTakenNothingHasTakenNothing) {
  FairTurns turns(10);
  FairTurns::Taken other;
  for (int i = 0; i < 1000; ++i) {
    turns.charge(other, 10);
    EXPECT_EQ(turns.lately({}), 0u);
  }
}

// Some always have work, of different cost. Whoever has taken least goes first, so all get as much of the loop.
TEST(NetFairTurns, CostlyTurnsGetNoMoreOfTheLoopThanOthers) {
  FairTurns turns(1000);
  constexpr std::array<std::uint64_t, 4> kCost{200, 10, 15, 40};
  std::array<FairTurns::Taken, 4> taken{};
  std::array<std::uint64_t, 4> sum{};
  for (int turn = 0; turn < 100'000; ++turn) {
    const auto least = std::ranges::min_element(
        taken, {}, [&](const FairTurns::Taken& each) { return turns.lately(each); });
    const auto who = static_cast<std::size_t>(least - taken.begin());
    turns.charge(taken[who], kCost[who]);
    sum[who] += kCost[who];
  }
  const auto [least, most] = std::ranges::minmax(sum);
  EXPECT_LT(most - least, most / 4);
}

}  // namespace
}  // namespace syncline::backend
