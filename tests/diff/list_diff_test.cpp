#include "diff/list_diff.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace syncline::diff {
namespace {

using List = std::vector<Element>;

// What the steps make of the old list, by what its elements are.
std::vector<std::string> applied(const List& from, const List& to,
                                 const std::vector<ListStep>& steps) {
  std::vector<std::string> made;
  std::size_t x = 0;
  for (const ListStep& step : steps) {
    EXPECT_EQ(step.old_at, x);
    EXPECT_EQ(step.new_at, made.size());
    if (step.kind != ListStep::kInsert) ++x;
    if (step.kind != ListStep::kErase) made.push_back(to[step.new_at].same);
    if (step.kind == ListStep::kStays && from[step.old_at].same != to[step.new_at].same) {
      EXPECT_EQ(from[step.old_at].shape, to[step.new_at].shape);
    }
  }
  EXPECT_EQ(x, from.size());
  return made;
}

std::vector<std::string> names(const List& list) {
  std::vector<std::string> all;
  for (const Element& element : list) all.push_back(element.same);
  return all;
}

TEST(ListDiff, GivesTheTarget) {
  for (std::uint32_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto draw = [&] {
      List list(random() % 12);
      for (Element& each : list)
        each = {std::string(1, static_cast<char>('a' + random() % 6)),
                random() % 2 == 0 ? std::string() : std::string("object")};
      return list;
    };
    const List from = draw();
    const List to = draw();
    ASSERT_EQ(applied(from, to, list_diff(from, to)), names(to));
  }
}

TEST(ListDiff, AnElementWithTheSameIdentityStays) {
  const List from = {{"id 1"}, {"id 2"}, {"id 3"}};
  const List to = {{"id 0"}, {"id 1"}, {"id 3"}};
  EXPECT_EQ(list_diff(from, to), (std::vector<ListStep>{{ListStep::kInsert, 0, 0},
                                                        {ListStep::kStays, 0, 1},
                                                        {ListStep::kErase, 1, 2},
                                                        {ListStep::kStays, 2, 2}}));
}

TEST(ListDiff, WhatIsLeftOverIsPairedIfItHasOneShape) {
  const List from = {{"x"}, {"old", "object"}, {"y"}};
  const List to = {{"x"}, {"new", "object"}, {"y"}};
  EXPECT_EQ(list_diff(from, to)[1], (ListStep{ListStep::kStays, 1, 1}));
  const List other = {{"x"}, {"new", "text"}, {"y"}};
  EXPECT_EQ(list_diff(from, other)[1], (ListStep{ListStep::kErase, 1, 1}));
}

}  // namespace
}  // namespace syncline::diff
