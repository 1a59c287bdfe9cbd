// Virtual time, and the loops that live in it.
#include "sim/timeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
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

// As with real loops: what one posts to another waits in a queue, and what a socket brings passes it.
TEST(SimulatedLoop, WhatAnotherLoopPostsComesLateAndInOrder) {
  Timeline timeline;
  Loop one(timeline);
  Loop other(timeline);
  other.hear_late({&one}, Dice(7), 50'000);
  std::vector<int> ran;
  std::vector<std::uint64_t> times_us;
  one.post([&] {
    for (int i = 0; i < 20; ++i)
      other.post([&ran, &times_us, &timeline, i] {
        ran.push_back(i);
        times_us.push_back(timeline.now_us());
      });
  });
  timeline.step(1'000);
  other.post([&ran] { ran.push_back(-1); });
  while (timeline.step(2'000'000)) {
  }
  ASSERT_EQ(ran.size(), 21u);
  EXPECT_EQ(ran.front(), -1) << "it is of no other loop";
  EXPECT_TRUE(std::ranges::is_sorted(ran));
  EXPECT_GT(times_us.back(), 25'000u);
}

TEST(SimulatedLoop, ALoopThatEndsForgetsWhatIsOnItsWay) {
  Timeline timeline;
  Loop one(timeline);
  bool ran = false;
  {
    Loop other(timeline);
    other.hear_late({&one}, Dice(7), 50'000);
    one.post([&] { other.post([&ran] { ran = true; }); });
    timeline.step(1'000);
    EXPECT_EQ(other.waiting(), 1u);
  }
  while (timeline.step(2'000'000)) {
  }
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace syncline::sim
