#include "backend/net/fair_turns.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace syncline::backend {
namespace {

TEST(NetFairTurns, WhoeverSpendsMoreThanAQuantumWaits) {
  FairTurns turns(10, 1000);
  turns.charge(1, 10);
  turns.charge(2, 35);
  EXPECT_TRUE(turns.may_go(1));
  int rounds = 0;
  for (; !turns.may_go(2); ++rounds) turns.pay();
  EXPECT_EQ(rounds, 4) << "35 are paid by 10 a round";
  EXPECT_TRUE(turns.nobody_in_debt());
}

TEST(NetFairTurns, ADebtHasABound) {
  FairTurns turns(10, 100);
  turns.charge(1, 1'000'000);
  for (int i = 0; i < 10; ++i) turns.pay();
  EXPECT_TRUE(turns.may_go(1));
}

TEST(NetFairTurns, WhoeverLeavesLeavesNoDebt) {
  FairTurns turns(10, 1000);
  turns.charge(1, 500);
  turns.forgive(1);
  EXPECT_TRUE(turns.may_go(1));
  EXPECT_TRUE(turns.nobody_in_debt());
}

// One always has costly work, three have cheap work. All get as much of the loop, as far as they need it.
TEST(NetFairTurns, CostlyTurnsGetNoMoreOfTheLoopThanOthers) {
  FairTurns turns(10, 1000);
  constexpr std::array<std::uint64_t, 4> kCost{200, 10, 10, 10};
  std::array<std::uint64_t, 4> spent{};
  for (int round = 0; round < 10'000; ++round) {
    for (std::uint32_t who = 0; who < kCost.size(); ++who) {
      if (!turns.may_go(who)) continue;
      spent[who] += kCost[who];
      turns.charge(who, kCost[who]);
    }
    turns.pay();
  }
  EXPECT_EQ(spent[0], spent[1]);
  EXPECT_EQ(spent[1], spent[2]);
}

}  // namespace
}  // namespace syncline::backend
