#include "limits/held_places.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace syncline::limits {
namespace {

TEST(HeldPlaces, EachPrincipalHasItsOwnBound) {
  HeldPlaces table(2);
  const identity::Principal ann{.id = "ann"};
  const identity::Principal ben{.id = "ben"};
  auto first = table.take(ann);
  std::optional<HeldPlaces::Place> second(table.take(ann));
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(table.take(ann));
  EXPECT_FALSE(table.take(ann));
  EXPECT_EQ(table.refused(), 2u);
  EXPECT_TRUE(table.take(ben));
  EXPECT_EQ(table.principals(), 1u) << "who holds nothing is forgotten";
  const HeldPlaces::Place moved(std::move(*first));
  EXPECT_FALSE(table.take(ann)) << "a place that moves is held once";
  second.reset();
  EXPECT_TRUE(table.take(ann));
}

TEST(HeldPlaces, NoneIsNoBound) {
  HeldPlaces table(0);
  std::vector<HeldPlaces::Place> held;
  for (int i = 0; i < 100; ++i) held.push_back(std::move(*table.take({.id = "ann"})));
  EXPECT_EQ(table.refused(), 0u);
}

}  // namespace
}  // namespace syncline::limits
