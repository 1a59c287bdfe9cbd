// Which changes of an actor are recorded, compared with a model that remembers every number.
#include "log/actor_numbers.h"

#include <gtest/gtest.h>

#include <map>

#include "log/test_chain.h"

namespace syncline::log {
namespace {

using enum ActorNumbers::Standing;
using Ranges = std::vector<ActorNumbers::Range>;

TEST(ActorNumbers, ThoseThatTouchAreOneRange) {
  ActorNumbers numbers;
  EXPECT_EQ(numbers.find(1, 1).standing, kNew);
  numbers.add(1, 1, 10);
  numbers.add(2, 4, 11);
  EXPECT_EQ(numbers.ranges(), (Ranges{{1, 4, 11}}));
  numbers.add(6, 6, 12);  // 5 was refused
  EXPECT_EQ(numbers.ranges(), (Ranges{{1, 4, 11}, {6, 6, 12}}));
  EXPECT_EQ(numbers.find(5, 5).standing, kNew);
  EXPECT_EQ(numbers.find(4, 5).standing, kOverlaps);
  EXPECT_EQ(numbers.find(3, 4).standing, kRecorded);
  EXPECT_EQ(numbers.find(3, 4).position, 11u);
  numbers.add(5, 5, 13);
  EXPECT_EQ(numbers.ranges(), (Ranges{{1, 6, 13}}));
  EXPECT_EQ(numbers.last_position(), 13u);
}

TEST(ActorNumbers, TheLowestRangesAreForgotten) {
  ActorNumbers numbers;
  for (std::uint64_t i = 1; i <= ActorNumbers::kMaxRanges; ++i) numbers.add(2 * i, 2 * i, i);
  EXPECT_EQ(numbers.ranges().size(), ActorNumbers::kMaxRanges);
  EXPECT_EQ(numbers.find(1, 1).standing, kNew);
  numbers.add(100, 100, 99);
  EXPECT_EQ(numbers.ranges().size(), ActorNumbers::kMaxRanges);
  EXPECT_EQ(numbers.forgotten(), 2u);
  EXPECT_EQ(numbers.find(1, 1).standing, kForgotten);
  EXPECT_EQ(numbers.find(2, 2).standing, kForgotten);
  EXPECT_EQ(numbers.find(3, 3).standing, kNew);
  numbers.add(1, 2, 100);  // by somebody who did not ask
  EXPECT_EQ(numbers.ranges().front().first, 4u);
}

TEST(ActorNumbers, OnlyWhatItGaveIsTakenBack) {
  ActorNumbers numbers;
  EXPECT_TRUE(numbers.set({{3, 4, 1}, {6, 6, 2}}, 2));
  EXPECT_FALSE(numbers.set({}, 0));
  EXPECT_FALSE(numbers.set({{0, 1, 1}}, 0));
  EXPECT_FALSE(numbers.set({{2, 4, 1}}, 2));
  EXPECT_FALSE(numbers.set({{3, 2, 1}}, 0));
  EXPECT_FALSE(numbers.set({{3, 4, 0}}, 0));
  EXPECT_FALSE(numbers.set({{3, 4, 1}, {5, 5, 2}}, 0)) << "they touch";
  EXPECT_FALSE(numbers.set(Ranges(ActorNumbers::kMaxRanges + 1, {1, 1, 1}), 0));
}

TEST(ActorNumbers, AgreeWithAModel) {
  testing::TestRandom random;
  for (int run = 0; run < 200; ++run) {
    ActorNumbers numbers;
    std::map<std::uint64_t, Position> model;
    for (Position position = 1; position <= 60; ++position) {
      const std::uint64_t first = 1 + random.next() % 80;
      const std::uint64_t last = first + random.next() % 3;
      std::size_t known = 0;
      for (std::uint64_t each = first; each <= last; ++each) known += model.contains(each);
      const auto found = numbers.find(first, last);
      if (first <= numbers.forgotten()) {
        EXPECT_EQ(found.standing, kForgotten);
        continue;
      }
      ASSERT_EQ(found.standing, known == 0                  ? kNew
                                : known == last - first + 1 ? kRecorded
                                                            : kOverlaps);
      if (found.standing == kRecorded) {
        for (std::uint64_t each = first; each <= last; ++each)
          EXPECT_GE(found.position, model[each]) << "the state lacks a change";
      }
      if (found.standing != kNew) continue;
      numbers.add(first, last, position);
      for (std::uint64_t each = first; each <= last; ++each) model[each] = position;
      ActorNumbers copy;
      ASSERT_TRUE(copy.set(numbers.ranges(), numbers.forgotten()));
      EXPECT_EQ(copy, numbers);
    }
  }
}

}  // namespace
}  // namespace syncline::log
