// The screen of `syncline top`, from what a server shows.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cli/operate/server_view.h"
#include "cli/operate/top_table.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

constexpr const char* kPage =
    "# HELP syncline_websockets Open ones.\n# TYPE syncline_websockets gauge\n"
    "syncline_websockets 3\nsyncline_build_info{version=\"0.1.0\"} 1\n"
    "syncline_changes_accepted_total 40\nsyncline_process_start_time_seconds 1000\n"
    "syncline_memory_part_bytes{part=\"objects\"} 17\nother_value 5\nsyncline_broken\n";

crdt::Any session(const std::string& id, const std::string& workspace, int lag) {
  return *crdt::from_json(
      R"({"session":")" + id + R"(","workspace":")" + workspace +
      R"(","queued_bytes":10,"documents":[{"object":"x","principal":"ann","lag":)" +
      std::to_string(lag) + "}]}");
}

ServerView view(const std::string& page, std::uint64_t unix_ms) {
  return {.ready = true,
          .readiness = "ready",
          .metrics = MetricValues::parse(page),
          .unix_ms = unix_ms};
}

TEST(MetricValues, AreReadFromAPage) {
  const MetricValues values = MetricValues::parse(kPage);
  EXPECT_EQ(values.number("websockets"), 3u);
  EXPECT_EQ(values.number("memory_part_bytes{part=\"objects\"}"), 17u);
  EXPECT_EQ(values.label_of("build_info"), "0.1.0");
  EXPECT_EQ(values.label_of("websockets"), "");
  EXPECT_FALSE(values.has("broken"));
  EXPECT_EQ(values.number("none"), 0u);
  EXPECT_TRUE(MetricValues::parse("<html>").empty());
}

TEST(Top, RatesAreBetweenTwoLooks) {
  const ServerView before = view(kPage, 2'000'000);
  ServerView now = view("syncline_changes_accepted_total 60\n", 2'002'000);
  EXPECT_DOUBLE_EQ(rate_between(before, now, "changes_accepted_total"), 10);
  EXPECT_DOUBLE_EQ(rate_between(now, before, "changes_accepted_total"), 0);
  now.metrics = MetricValues::parse("syncline_changes_accepted_total 1\n");  // it has restarted
  EXPECT_DOUBLE_EQ(rate_between(before, now, "changes_accepted_total"), 0);
}

TEST(Top, SortsAndOpensWorkspaces) {
  const std::vector<crdt::Any> sessions{session("s1", "a", 9), session("s2", "b", 1),
                                        session("s3", "b", 2)};
  TopScreen screen;
  auto rows = top_rows(sessions, screen);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].name, "b");
  EXPECT_EQ(rows[0].sessions, 2u);
  EXPECT_EQ(rows[0].lag, 3u);
  screen.order = TopOrder::kLag;
  EXPECT_EQ(top_rows(sessions, screen)[0].name, "a");
  screen.order = TopOrder::kName;
  EXPECT_EQ(top_rows(sessions, screen)[0].name, "a");
  screen.opened = "b";
  rows = top_rows(sessions, screen);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].name, "s2");
  EXPECT_EQ(rows[0].who, "ann");
}

TEST(Top, FitsEveryTerminal) {
  std::vector<crdt::Any> sessions;
  for (int i = 0; i < 100; ++i)
    sessions.push_back(
        session("s" + std::to_string(i), std::string(60, 'w') + std::to_string(i), i));
  for (const std::size_t height : {1u, 5u, 7u, 8u, 24u, 200u}) {
    TopScreen screen{.opened = {}, .selected = 99, .height = height};
    const auto rows = top_rows(sessions, screen);
    const auto lines = top_lines(view(kPage, 2'000'000), view(kPage, 2'001'000), rows, screen);
    EXPECT_LE(lines.size(), height);
    for (const std::string& line : lines) EXPECT_LE(character_count(line), 80u) << line;
    if (height >= 8) {
      EXPECT_TRUE(std::ranges::any_of(lines, [](const auto& line) { return line[0] == '>'; }));
    }
  }
}

TEST(Durations, AreShort) {
  EXPECT_EQ(duration_text(8), "8 s");
  EXPECT_EQ(duration_text(720), "12 min");
  EXPECT_EQ(duration_text(3 * 3600 + 120), "3 h 2 min");
  EXPECT_EQ(duration_text(26 * 3600), "1 d 2 h");
}

}  // namespace
}  // namespace syncline::cli
