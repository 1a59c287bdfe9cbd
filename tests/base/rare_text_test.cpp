#include "base/rare_text.h"

#include <gtest/gtest.h>

#include <string>

namespace syncline {
namespace {

TEST(RareText, IsAText) {
  const RareText none;
  EXPECT_EQ(none.str(), "");
  EXPECT_EQ(RareText(std::string()).str(), "");
  const std::string text(100, 'x');
  EXPECT_EQ(RareText(text).str(), text);
}

TEST(RareText, CopiesAreApart) {
  RareText text = std::string("a");
  RareText copy = text;
  text = std::string("b");
  EXPECT_EQ(copy.str(), "a");
  EXPECT_EQ(text.str(), "b");
  copy = RareText();
  EXPECT_EQ(copy.str(), "");
  const RareText moved = std::move(text);
  EXPECT_EQ(moved.str(), "b");
}

TEST(RareText, HasTheSizeOfAPointer) {
  EXPECT_EQ(sizeof(RareText), sizeof(void*));
}

}  // namespace
}  // namespace syncline
