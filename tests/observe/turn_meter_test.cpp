#include "observe/turn_meter.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace syncline::observe {
namespace {

std::uint64_t clock_of_the_test = 0;  // nanoseconds

std::uint64_t read_clock() {
  return clock_of_the_test;
}

void pass(std::uint64_t us) {
  clock_of_the_test += us * 1000;
}

TEST(TurnMeter, CountsEveryTurnAndKeepsQuietAboutShortOnes) {
  TurnMeter meter({read_clock});
  for (const std::uint64_t us : {10, 100, 2000}) {
    meter.begin("task");
    pass(us);
    EXPECT_FALSE(meter.end().has_value()) << us;
  }
  EXPECT_EQ(meter.turns().count(), 3u);
  EXPECT_EQ(meter.turns().sum(), 2110u);
  EXPECT_TRUE(meter.slow().empty());
}

TEST(TurnMeter, NamesWhatTookTheMostTime) {
  TurnMeter meter({read_clock});
  meter.begin("read");
  pass(300);
  meter.set_doing("change");
  pass(1500);
  meter.set_doing("diff");  // inside of it
  pass(1800);
  meter.set_doing("change");
  pass(500);
  meter.set_doing("read");
  pass(200);
  const auto slow = meter.end();
  ASSERT_TRUE(slow.has_value());
  EXPECT_EQ(slow->what, "change");
  EXPECT_EQ(slow->what_us, 2000u);
  EXPECT_EQ(slow->turn_us, 4300u);
  ASSERT_EQ(meter.slow().size(), 1u);
  EXPECT_EQ(meter.slow()[0].what, "change");
  EXPECT_EQ(meter.slow()[0].turns, 1u);
  EXPECT_EQ(meter.slow()[0].us, 4300u);
}

// A thousand small ones make one slow turn, too.
TEST(TurnMeter, AddsUpEqualNames) {
  TurnMeter meter({read_clock});
  meter.begin("read");
  for (int i = 0; i < 1000; ++i) {
    meter.set_doing("change");
    pass(3);
    meter.set_doing("read");
    pass(1);
  }
  const auto slow = meter.end();
  ASSERT_TRUE(slow.has_value());
  EXPECT_EQ(slow->what, "change");
  EXPECT_EQ(slow->what_us, 3000u);
}

TEST(TurnMeter, KnowsWhenTheTurnBegan) {
  TurnMeter meter({read_clock});
  clock_of_the_test = 7'000'000;
  meter.begin("task");
  pass(50);
  EXPECT_EQ(meter.began_us(), 7000u);
  EXPECT_STREQ(meter.doing(), "task");
  meter.end();
  EXPECT_STREQ(meter.doing(), "");
}

TEST(TurnMeter, OutsideOfATurnNothingIsNamed) {
  TurnMeter meter({read_clock});
  meter.set_doing("change");
  EXPECT_STREQ(meter.doing(), "");
  meter.begin("task");
  pass(3000);
  EXPECT_EQ(meter.end()->what, "task");
}

TEST(TurnMeter, TicksMayHaveAnyLength) {
  TurnMeter meter({.read = read_clock, .ns_per_tick = 2});
  meter.begin("task");
  pass(1500);
  const auto slow = meter.end();
  ASSERT_TRUE(slow.has_value());
  EXPECT_EQ(slow->turn_us, 3000u);
}

TEST(TurnMeter, AClockThatGoesBackAddsNothing) {
  clock_of_the_test = 9'000'000;
  TurnMeter meter({read_clock});
  meter.begin("task");
  clock_of_the_test = 8'000'000;
  meter.set_doing("change");
  clock_of_the_test = 7'000'000;
  EXPECT_FALSE(meter.end().has_value());
  EXPECT_EQ(meter.turns().sum(), 0u);
}

TEST(TurnMeter, BoundsTheNamesOfATurn) {
  TurnMeter meter({read_clock});
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("name " + std::to_string(i));
  meter.begin("first");
  for (const std::string& name : names) {
    meter.set_doing(name.c_str());
    pass(1000);
  }
  const auto slow = meter.end();
  ASSERT_TRUE(slow.has_value());
  EXPECT_EQ(slow->what, "first");
  EXPECT_EQ(slow->turn_us, 40'000u);
}

TEST(TurnMeter, BoundsTheTableOfSlowTurns) {
  TurnMeter meter({read_clock});
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) names.push_back("name " + std::to_string(i));
  for (const std::string& name : names) {
    meter.begin(name.c_str());
    pass(3000);
    meter.end();
  }
  EXPECT_EQ(meter.slow().size(), TurnMeter::kMaxNames);
  EXPECT_EQ(meter.slow().back().what, "other");
  std::uint64_t turns = 0;
  for (const auto& slow : meter.slow()) turns += slow.turns;
  EXPECT_EQ(turns, 200u);
}

}  // namespace
}  // namespace syncline::observe
