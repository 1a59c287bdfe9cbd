// The small tools behind the commands: suggestions, tables, matching.
#include <gtest/gtest.h>

#include <random>

#include "cli/data/change_text.h"
#include "cli/doc/content_diff.h"
#include "cli/suggest.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

TEST(Suggest, FindsSlipsAndNothingFar) {
  const std::vector<std::string> words{"show", "merge", "diff", "inspect", "sv", "ds"};
  EXPECT_EQ(closest("shwo", words), "show");
  EXPECT_EQ(closest("insp", words), "inspect");
  EXPECT_EQ(closest("mrege", words), "merge");
  EXPECT_EQ(closest("dif", words), "diff");
  EXPECT_EQ(closest("delete", words), "");
  EXPECT_EQ(closest("", words), "");
  EXPECT_EQ(did_you_mean("xyz", words), "");
  const std::vector<std::string> short_words = {"set", "ls", "rm"};
  EXPECT_EQ(closest("list", short_words), "ls");
  EXPECT_EQ(closest("remove", short_words), "rm");
  EXPECT_EQ(closest("lost", short_words), "ls");
  EXPECT_EQ(closest("roam", short_words), "rm");
  EXPECT_EQ(closest("mr", short_words), "rm");
  EXPECT_EQ(closest("else", short_words), "");
}

TEST(Table, AlignsCharactersNotBytes) {
  Table table({{"NAME"}, {"N", Align::kRight}, {"LAST"}});
  table.row({"ä", "1", "x"});
  table.row({"long name", "100", ""});
  EXPECT_EQ(table.print(), "NAME         N  LAST\nä            1  x\nlong name  100\n");
}

TEST(Visible, NothingDrivesATerminal) {
  EXPECT_EQ(visible("a\x1b[31m\n\t\x7f\xc2\x9b"
                    "z€"),
            "a\\u001b[31m\\n\\t\\u007f\\u009bz€");
  EXPECT_EQ(shorten("äöüß", 4), "äöüß");
  EXPECT_EQ(shorten("äöüßa", 4), "äöü…");
}

// Indices are those of the delta: UTF-16 units of a text, values of a list, one for what is embedded.
TEST(Changes, AreToldWithTheirIndices) {
  const auto told = [](std::string_view delta) {
    const auto json =
        crdt::from_json(R"({"changes":[{"path":"t","delta":)" + std::string(delta) + "}]}");
    return change_lines(json.value()).at(0);
  };
  EXPECT_EQ(told(R"([{"retain":2},{"insert":"ab"},{"delete":3},{"retain":4},{"delete":1}])"),
            "          t: @2 +\"ab\" @4 -3 @8 -1");
  EXPECT_EQ(told(R"([{"insert":"😀"},{"delete":1}])"), "          t: @0 +\"😀\" @2 -1");
  EXPECT_EQ(told(R"([{"insert":{"image":"a.png"}},{"delete":1}])"),
            "          t: @0 +{\"image\":\"a.png\"} @1 -1");
  EXPECT_EQ(told(R"([{"insert":[1,"two"]},{"delete":1}])"), "          t: @0 +[1,\"two\"] @2 -1");
  EXPECT_EQ(told(R"([{"retain":5,"attributes":{"bold":true}}])"),
            "          t: @0 ~5 {\"bold\":true}");
}

TEST(Units, ReadWell) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
  EXPECT_EQ(size_text(std::uint64_t{3} << 20), "3.0 MiB");
  EXPECT_EQ(count_of(1, "event"), "1 event");
  EXPECT_EQ(count_of(0, "event"), "0 events");
}

std::vector<std::string> random_words(std::mt19937& random, std::size_t max) {
  std::vector<std::string> words(random() % (max + 1));
  for (std::string& word : words) word = std::string(1, static_cast<char>('a' + random() % 3));
  return words;
}

std::size_t common_length(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::vector<std::size_t>> best(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j)
      best[i][j] =
          a[i - 1] == b[j - 1] ? best[i - 1][j - 1] + 1 : std::max(best[i - 1][j], best[i][j - 1]);
  return best[a.size()][b.size()];
}

// Replacing the runs makes one sequence the other, and keeps as much as can be kept.
TEST(Match, LeadsFromOneToTheOtherByTheShortestWay) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    const auto before = random_words(random, 12);
    const auto after = random_words(random, 12);
    std::vector<std::string> rebuilt;
    std::size_t at = 0;
    std::size_t replaced = 0;
    for (const auto& run : match(before, after)) {
      rebuilt.insert(rebuilt.end(), before.begin() + at, before.begin() + run.old_begin);
      rebuilt.insert(rebuilt.end(), after.begin() + run.new_begin, after.begin() + run.new_end);
      at = run.old_end;
      replaced += run.old_end - run.old_begin;
    }
    rebuilt.insert(rebuilt.end(), before.begin() + at, before.end());
    ASSERT_EQ(rebuilt, after) << round;
    ASSERT_EQ(before.size() - replaced, common_length(before, after)) << round;
  }
}

TEST(Match, GivesUpOnWhatDiffersTooMuchButStaysTrue) {
  const std::vector<std::string> before(kMaxEdits * 2, "a");
  const std::vector<std::string> after(kMaxEdits * 2, "b");
  const auto runs = match(before, after);
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].old_end - runs[0].old_begin, before.size());
}

}  // namespace
}  // namespace syncline::cli
