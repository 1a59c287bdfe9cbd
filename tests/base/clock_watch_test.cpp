#include "base/clock_watch.h"

#include <gtest/gtest.h>

namespace syncline {
namespace {

TEST(ClockWatch, ReportsJumpsAndNotTheTimeThatPasses) {
  constexpr std::uint64_t kNow = 1'700'000'000'000;
  ClockWatch clock;
  EXPECT_EQ(clock.note(kNow, 5), std::nullopt);
  EXPECT_EQ(clock.note(kNow + 1'000'000, 1'000'005), std::nullopt);
  EXPECT_EQ(clock.note(kNow + 1'000'000 + ClockWatch::kStepMs, 1'000'005), std::nullopt);
  EXPECT_EQ(clock.note(kNow + 9'000'000, 1'000'006), 7'939'999);
  EXPECT_EQ(clock.note(kNow + 9'000'001, 1'000'007), std::nullopt) << "it is reported once";
  EXPECT_EQ(clock.note(kNow, 1'000'008), -9'000'002);
}

}  // namespace
}  // namespace syncline
