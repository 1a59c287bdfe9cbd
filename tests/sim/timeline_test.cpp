// Virtual time, and the loops that live in it.
#include "sim/timeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "sim/loop.h"

namespace syncline::sim {
namespace {

// What is not answered any more may say so when it is destroyed: on the timeline that is being cleared.
TEST(Timeline, IsEmptyAfterClearAlsoOfWhatTasksPlanWhenTheyAreDestroyed) {
  Timeline timeline;
  bool ran = false;
  {
    const std::shared_ptr<int> last(new int(0), [&](int* number) {
      delete number;
      timeline.after(5, [&] { ran = true; });
    });
    for (int i = 0; i < 3; ++i) timeline.after(1, [last] {});
  }
  timeline.clear();
  EXPECT_FALSE(timeline.step(1'000));
  EXPECT_FALSE(ran);
}

TEST(SimulatedLoop, TasksOfALaneKeepTheirOrderAndPassThoseOfOthers) {
  Timeline timeline;
  Loop loop(timeline);
  loop.share_out(Dice(7));
  const Lane one = loop.lane_of("one");
  EXPECT_EQ(loop.lane_of("one"), one);
  bool passed = false;
  for (int turn = 0; turn < 20; ++turn) {
    std::vector<int> ran;
    for (int i = 0; i < 6; ++i)
      loop.post_in(one + static_cast<Lane>(i % 2), [&ran, i] { ran.push_back(i); });
    timeline.step(1'000'000);
    ASSERT_EQ(ran.size(), 6u);
    for (const int lane : {0, 1}) {
      std::vector<int> of_lane;
      std::ranges::copy_if(ran, std::back_inserter(of_lane), [&](int i) { return i % 2 == lane; });
      EXPECT_TRUE(std::ranges::is_sorted(of_lane));
    }
    passed |= ran.front() == 1;
  }
  EXPECT_TRUE(passed);
}

TEST(SimulatedLoop, WhatATurnPostsStaysInItsLane) {
  Timeline timeline;
  Loop loop(timeline);
  loop.share_out(Dice(7));
  Lane lane = 0;
  loop.post_in(3, [&] { loop.post([&] { lane = loop.lane(); }); });
  while (timeline.step(1'000'000)) {
  }
  EXPECT_EQ(lane, 3u);
  EXPECT_EQ(loop.lane(), 0u);
}

}  // namespace
}  // namespace syncline::sim
