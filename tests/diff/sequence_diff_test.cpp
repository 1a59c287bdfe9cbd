#include "diff/sequence_diff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace syncline::diff {
namespace {

using Sequence = std::vector<Token>;

// What the changes make of the old sequence; they must be in order and apart, and replace something.
Sequence applied(const Sequence& from, const Sequence& to, const std::vector<Change>& changes) {
  Sequence made;
  std::size_t x = 0;
  for (const Change& change : changes) {
    EXPECT_GT(change.old_count + change.new_count, 0u);
    EXPECT_TRUE(&change == changes.data() || change.old_at > x) << "changes that touch";
    made.insert(made.end(), from.begin() + static_cast<std::ptrdiff_t>(x),
                from.begin() + static_cast<std::ptrdiff_t>(change.old_at));
    EXPECT_EQ(made.size(), change.new_at);
    for (std::size_t i = 0; i < change.new_count; ++i) made.push_back(to[change.new_at + i]);
    x = change.old_at + change.old_count;
  }
  made.insert(made.end(), from.begin() + static_cast<std::ptrdiff_t>(x), from.end());
  return made;
}

std::size_t size_of(const std::vector<Change>& changes) {
  std::size_t size = 0;
  for (const Change& change : changes) size += change.old_count + change.new_count;
  return size;
}

// By the table of all pairs of prefixes.
std::size_t least_size(const Sequence& from, const Sequence& to) {
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t y = 0; y <= to.size(); ++y) row[y] = y;
  for (std::size_t x = 1; x <= from.size(); ++x) {
    std::size_t diagonal = row[0];
    row[0] = x;
    for (std::size_t y = 1; y <= to.size(); ++y) {
      const std::size_t above = row[y];
      row[y] = from[x - 1] == to[y - 1] ? diagonal : std::min(row[y], row[y - 1]) + 1;
      diagonal = above;
    }
  }
  return row.back();
}

Sequence random_sequence(std::mt19937& random, std::size_t most, Token kinds) {
  Sequence made(random() % (most + 1));
  for (Token& token : made) token = random() % kinds;
  return made;
}

TEST(SequenceDiff, IsAShortestOneForAnyTwoShortSequences) {
  for (std::uint32_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const Token kinds = 1 + random() % 6;
    const Sequence from = random_sequence(random, 24, kinds);
    const Sequence to = random_sequence(random, 24, kinds);
    const auto changes = sequence_diff(from, to);
    ASSERT_EQ(applied(from, to, changes), to);
    ASSERT_EQ(size_of(changes), least_size(from, to));
  }
}

TEST(SequenceDiff, FindsFewEditsInALongSequence) {
  std::mt19937 random(7);
  Sequence from(20'000);
  for (Token& token : from) token = random() % 500;
  Sequence to = from;
  for (int edit = 0; edit < 40; ++edit) {
    const std::size_t at = random() % to.size();
    if (edit % 2 == 0)
      to.erase(to.begin() + static_cast<std::ptrdiff_t>(at));
    else
      to.insert(to.begin() + static_cast<std::ptrdiff_t>(at), 1000 + random() % 5);
  }
  const auto changes = sequence_diff(from, to);
  EXPECT_EQ(applied(from, to, changes), to);
  EXPECT_LE(size_of(changes), 40u);
}

TEST(SequenceDiff, IsRightWithAnyEffort) {
  for (std::uint32_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const Sequence from = random_sequence(random, 60, 4);
    const Sequence to = random_sequence(random, 60, 4);
    const Effort effort{.edits = random() % 8, .steps = random() % 200};
    ASSERT_EQ(applied(from, to, sequence_diff(from, to, effort)), to);
  }
}

TEST(SequenceDiff, TakesABoundedEffortForSequencesThatDifferEverywhere) {
  std::mt19937 random(3);
  Sequence from(100'000);
  Sequence to(100'000);
  for (Token& token : from) token = random() % 3;
  for (Token& token : to) token = random() % 3;
  const auto changes = sequence_diff(from, to, {.edits = 16, .steps = 1'000'000});
  EXPECT_EQ(applied(from, to, changes), to);
  EXPECT_LT(size_of(changes), from.size() + to.size());
}

TEST(SequenceDiff, EmptyAndEqualSequences) {
  const Sequence some = {1, 2, 3};
  EXPECT_TRUE(sequence_diff({}, {}).empty());
  EXPECT_TRUE(sequence_diff(some, some).empty());
  EXPECT_EQ(sequence_diff(some, {}), (std::vector<Change>{{0, 3, 0, 0}}));
  EXPECT_EQ(sequence_diff({}, some), (std::vector<Change>{{0, 0, 0, 3}}));
}

}  // namespace
}  // namespace syncline::diff
