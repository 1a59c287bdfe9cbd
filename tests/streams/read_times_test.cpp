// When streams were read: nobody is told an earlier time than the last read.
#include "streams/read_times.h"

#include <gtest/gtest.h>

namespace syncline::streams {
namespace {

TEST(ReadTimes, NoneIsEarlierThanItWas) {
  ReadTimes times(100, 2);
  EXPECT_EQ(times.last("w", "a"), 100U);
  times.note("w", "a", 200);
  times.note("w", "b", 300);
  EXPECT_EQ(times.last("w", "a"), 200U);
  EXPECT_EQ(times.last("v", "a"), 100U);
  times.note("w", "a", 150);  // the clock went back
  EXPECT_EQ(times.last("w", "a"), 200U);
  times.note("w", "c", 400);  // "b" was read longest ago
  EXPECT_EQ(times.size(), 2U);
  EXPECT_EQ(times.last("w", "b"), 300U);
  EXPECT_EQ(times.last("w", "d"), 300U);
  EXPECT_EQ(times.last("w", "a"), 200U);
}

}  // namespace
}  // namespace syncline::streams
