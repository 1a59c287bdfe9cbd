#include "diff/text_diff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "diff/characters.h"

namespace syncline::diff {
namespace {

std::string part(std::string_view text, std::size_t from_unit, std::size_t to_unit) {
  bool inside = false;
  const std::size_t begin = utf16_offset(text, from_unit, inside);
  EXPECT_FALSE(inside) << "half of a surrogate pair";
  const std::size_t end = utf16_offset(text, to_unit, inside);
  EXPECT_FALSE(inside) << "half of a surrogate pair";
  return std::string(text.substr(begin, end - begin));
}

std::string applied(std::string_view from, const std::vector<TextChange>& changes) {
  std::string made;
  std::size_t unit = 0;
  for (const TextChange& change : changes) {
    EXPECT_GT(change.erased + change.inserted.size(), 0u);
    EXPECT_TRUE(&change == changes.data() || change.at > unit) << "changes that touch";
    made += part(from, unit, change.at);
    made += change.inserted;
    unit = change.at + change.erased;
  }
  return made + part(from, unit, utf16_length(from));
}

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> all;
  for (std::size_t at = 0; at < text.size(); at += all.back().size())
    all.push_back(text.substr(at, first_character(text.substr(at))));
  return all;
}

// Characters that go and that come.
std::size_t size_of(std::string_view from, const std::vector<TextChange>& changes) {
  std::size_t size = 0;
  for (const TextChange& change : changes)
    size += characters(part(from, change.at, change.at + change.erased)).size() +
            characters(change.inserted).size();
  return size;
}

std::size_t least_size(std::string_view from, std::string_view to) {
  const auto x = characters(from);
  const auto y = characters(to);
  std::vector<std::vector<std::size_t>> least(x.size() + 1, std::vector<std::size_t>(y.size() + 1));
  for (std::size_t i = 0; i <= x.size(); ++i)
    for (std::size_t j = 0; j <= y.size(); ++j) {
      if (i == 0 || j == 0)
        least[i][j] = i + j;
      else if (x[i - 1] == y[j - 1])
        least[i][j] = least[i - 1][j - 1];
      else
        least[i][j] = std::min(least[i - 1][j], least[i][j - 1]) + 1;
    }
  return least[x.size()][y.size()];
}

std::string random_text(std::mt19937& random, std::size_t most) {
  static constexpr std::string_view kPieces[] = {
      "a", "b", "c", " ", "the ", "\n", "ä", "e\u0301", "👍", "👍🏽", "👩‍🚀", "🇩🇪", "日"};
  std::string made;
  for (std::size_t left = random() % (most + 1); left > 0; --left)
    made += kPieces[random() % std::size(kPieces)];
  return made;
}

TEST(TextDiff, GivesTheTargetAndIsNearlyShortestForShortTexts) {
  for (std::uint32_t seed = 1; seed <= 1500; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const std::string from = random_text(random, 24);
    const std::string to = random_text(random, 24);
    const auto changes = text_diff(from, to);
    ASSERT_EQ(applied(from, changes), to);
    ASSERT_LE(size_of(from, changes) * 10, least_size(from, to) * 12);
  }
}

TEST(TextDiff, ALongTextIsComparedByLinesAndWords) {
  std::string from;
  for (int line = 0; line < 2000; ++line)
    from += "Line " + std::to_string(line) + " has a few words, and none of them matters much.\n";
  std::string to = from;
  to.replace(to.find("few words, and none", 50'000), 3, "man");
  to.insert(to.find("Line 77 "), "A new line.\n");
  to.erase(to.find("Line 1999 "));
  const auto changes = text_diff(from, to);
  EXPECT_EQ(applied(from, changes), to);
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].inserted.size(), 12u);
  EXPECT_LE(changes[1].erased + changes[1].inserted.size(), 9u);
}

TEST(TextDiff, ATextThatIsWrittenAnewIsRightAndBounded) {
  std::mt19937 random(5);
  std::string from;
  std::string to;
  for (int piece = 0; piece < 20'000; ++piece) {
    from += random_text(random, 3);
    to += random_text(random, 3);
  }
  EXPECT_EQ(applied(from, text_diff(from, to)), to);
  EXPECT_EQ(applied(from, text_diff(from, to, {.edits = 2, .steps = 100})), to);
}

TEST(TextDiff, CharactersStayWhole) {
  // Another skin tone, another accent, another flag, another surrogate pair with the same first half.
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"x👍🏽y", "x👍🏿y"},
                                                        {"cafe\u0301", "cafe\u0300"},
                                                        {"🇩🇪🇫🇷", "🇩🇰🇫🇷"},
                                                        {"😀", "😁"},
                                                        {"👩‍🚀", "👩‍🎨"},
                                                        {"e", "e\u0301"},
                                                        {"\r\n", "\n"}}) {
    SCOPED_TRACE(from + " " + to);
    const auto changes = text_diff(from, to);
    EXPECT_EQ(applied(from, changes), to);
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_GT(changes[0].erased, 0u);
    EXPECT_FALSE(changes[0].inserted.empty());
    EXPECT_FALSE(changes[0].inserted.starts_with("\u0301"));
  }
}

TEST(TextDiff, EqualTextsDoNotDiffer) {
  EXPECT_TRUE(text_diff("", "").empty());
  EXPECT_TRUE(text_diff("the same", "the same").empty());
}

}  // namespace
}  // namespace syncline::diff
