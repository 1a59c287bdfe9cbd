#include "node/one_by_one.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace syncline::node {
namespace {

using Turn = OneByOne::Turn;

TEST(OneByOne, TheNextBeginsWhenTheOneBeforeHasEnded) {
  OneByOne line;
  std::vector<std::optional<Turn>> turns(3);
  for (auto& mine : turns)
    line.take_turn([&mine](Result<Turn> turn) { mine = std::move(turn.value()); });
  EXPECT_TRUE(turns[0]);
  EXPECT_FALSE(turns[1]);
  turns[0].reset();
  EXPECT_TRUE(turns[1]);
  EXPECT_FALSE(turns[2]);
  turns[1].reset();
  EXPECT_TRUE(turns[2]);
  turns[2].reset();
  bool begun = false;
  line.take_turn([&](Result<Turn> turn) { begun = turn.has_value(); });
  EXPECT_TRUE(begun);
}

// A thousand turns that end at once need no deep stack.
TEST(OneByOne, TurnsThatEndAtOnceFollowEachOther) {
  OneByOne line;
  std::optional<Turn> first;
  line.take_turn([&](Result<Turn> turn) { first = std::move(turn.value()); });
  std::size_t done = 0;
  for (std::size_t i = 0; i < OneByOne::kMostWaiting; ++i)
    line.take_turn([&](Result<Turn> turn) { done += turn ? 1 : 0; });
  EXPECT_EQ(done, 0U);
  std::optional<ErrorCode> refused;
  line.take_turn([&](Result<Turn> turn) { refused = turn.error().code; });
  EXPECT_EQ(refused, ErrorCode::kUnavailable) << "there is a bound";
  first.reset();
  EXPECT_EQ(done, OneByOne::kMostWaiting);
}

TEST(OneByOne, ATurnMayOutliveTheLine) {
  std::optional<Turn> turn;
  {
    OneByOne line;
    line.take_turn([&](Result<Turn> mine) { turn = std::move(mine.value()); });
  }
  turn.reset();
}

}  // namespace
}  // namespace syncline::node
