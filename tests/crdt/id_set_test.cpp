#include "syncline/crdt/id_set.h"

#include <gtest/gtest.h>

namespace syncline::crdt {
namespace {

using Ranges = IdSet::Ranges;

TEST(IdSet, JoinsRangesThatTouchOrOverlap) {
  IdSet set;
  set.add(1, 10, 5);
  set.add(1, 20, 5);
  set.add(1, 0, 2);
  EXPECT_EQ(*set.find(1), (Ranges{{0, 2}, {10, 5}, {20, 5}}));
  set.add(1, 15, 5);
  EXPECT_EQ(*set.find(1), (Ranges{{0, 2}, {10, 15}}));
  set.add(1, 1, 100);
  EXPECT_EQ(*set.find(1), (Ranges{{0, 101}}));
  set.add(2, 5, 0);
  EXPECT_EQ(set.find(2), nullptr);
}

TEST(IdSet, TakesRangesInAnyOrder) {
  IdSet set;
  set.add(1, Ranges{{7, 1}, {0, 3}, {5, 0}, {2, 2}, {8, 1}});
  EXPECT_EQ(*set.find(1), (Ranges{{0, 4}, {7, 2}}));
  set.add(1, Ranges{{4, 3}});
  EXPECT_EQ(*set.find(1), (Ranges{{0, 9}}));
}

TEST(IdSet, UnitesAndSubtracts) {
  IdSet a;
  a.add(1, 0, 10);
  a.add(2, 5, 5);
  IdSet b;
  b.add(1, 2, 2);
  b.add(1, 8, 5);
  b.add(2, 0, 20);
  IdSet rest = a;
  rest.remove(b);
  EXPECT_EQ(*rest.find(1), (Ranges{{0, 2}, {4, 4}}));
  EXPECT_EQ(rest.find(2), nullptr);
  a.add(b);
  EXPECT_EQ(*a.find(1), (Ranges{{0, 13}}));
  EXPECT_EQ(*a.find(2), (Ranges{{0, 20}}));
}

TEST(IdSet, Contains) {
  IdSet set;
  set.add(1, 5, 2);
  EXPECT_FALSE(set.contains({1, 4}));
  EXPECT_TRUE(set.contains({1, 5}));
  EXPECT_TRUE(set.contains({1, 6}));
  EXPECT_FALSE(set.contains({1, 7}));
  EXPECT_FALSE(set.contains({2, 5}));
}

TEST(StateVector, ComparesKnowledge) {
  StateVector a;
  a.set(1, 5);
  a.raise(1, 3);
  a.raise(2, 7);
  EXPECT_EQ(a.get(1), 5U);
  EXPECT_EQ(a.get(9), 0U);
  StateVector b;
  b.set(1, 5);
  EXPECT_TRUE(a.covers(b));
  EXPECT_FALSE(b.covers(a));
  a.set(2, 0);
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace syncline::crdt
