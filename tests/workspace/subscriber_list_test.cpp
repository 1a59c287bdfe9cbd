#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "workspace/live_object.h"
#include "workspace/onlooker.h"

namespace syncline::workspace {
namespace {

constexpr std::uint64_t kSteps = 16;  // of a search among up to 2^14

TEST(SubscriberList, AStayIsFoundAsLongAsItLasts) {
  SubscriberList list;
  Onlooker ann;
  Onlooker bob;
  list.add(ann);
  list.add(bob);
  const auto first = list.stay(&ann);
  EXPECT_EQ(list.find(first), &ann);
  EXPECT_EQ(list.find(list.last()), &bob);
  EXPECT_TRUE(list.remove(ann));
  EXPECT_FALSE(list.remove(ann));
  EXPECT_EQ(list.find(first), nullptr);
  EXPECT_EQ(list.stay(&ann), 0u);
  list.add(ann);
  EXPECT_NE(list.stay(&ann), first);
  EXPECT_EQ(list.find(first), nullptr);
  SubscriberList other;
  EXPECT_EQ(other.stay(&bob), 0u);
  Onlooker third;
  other.add(third);
  EXPECT_EQ(other.stay(&bob), 0u) << "it is in the first list";
}

TEST(SubscriberList, ThoseWhoLeaveDuringABroadcastAreSkipped) {
  SubscriberList list;
  std::deque<Onlooker> all(10);
  for (Onlooker& each : all) list.add(each);
  int told = 0;
  list.each([&](Subscriber& subscriber) {
    ++told;
    if (told > 1) return;
    EXPECT_EQ(&subscriber, &all[0]);
    for (std::size_t i = 1; i < all.size(); ++i) list.remove(all[i]);
    list.add(all[5]);
  });
  EXPECT_EQ(told, 1);
  EXPECT_EQ(list.size(), 2u);
  told = 0;
  list.each([&](Subscriber&) { ++told; });
  EXPECT_EQ(told, 2);
}

TEST(SubscriberList, OneIsFoundAfterTheOther) {
  SubscriberList list;
  std::deque<Onlooker> all(3);
  for (Onlooker& each : all) list.add(each);
  list.remove(all[1]);
  const auto [first, stay] = list.next(0);
  EXPECT_EQ(first, &all[0]);
  EXPECT_EQ(list.next(stay).first, &all[2]);
  EXPECT_EQ(list.next(list.next(stay).second).first, nullptr);
}

// 10,000 join, each is found, and all leave, the first ones first.
TEST(SubscriberList, NothingCostsMoreThanALogarithm) {
  SubscriberList list;
  std::vector<Onlooker> crowd(10'000);
  for (Onlooker& each : crowd) list.add(each);
  EXPECT_EQ(list.steps(), 0u);
  for (const Onlooker& each : crowd) EXPECT_EQ(list.find(list.stay(&each)), &each);
  EXPECT_LE(list.steps(), 2 * kSteps * crowd.size());
  const std::uint64_t before = list.steps();
  for (Onlooker& each : crowd) EXPECT_TRUE(list.remove(each));
  EXPECT_TRUE(list.empty());
  EXPECT_LE(list.steps() - before, (kSteps + 2) * crowd.size());
}

}  // namespace
}  // namespace syncline::workspace
