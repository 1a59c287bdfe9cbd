#include "cli/operate/top_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

using crdt::Any;

constexpr std::size_t kHeadLines = 6;  // above the rows, with the titles
constexpr std::size_t kFootLines = 1;

TopRow row_of(const Any& session) {
  TopRow row{.name = text_member(session, "session"),
             .who = {},
             .sessions = 1,
             .queued_bytes = number_member(session, "queued_bytes")};
  const auto* documents = array_member(session, "documents");
  for (std::size_t i = 0; documents != nullptr && i < documents->size(); ++i) {
    const Any& document = (*documents)[i];
    if (row.who.empty()) row.who = text_member(document, "name");
    if (row.who.empty()) row.who = text_member(document, "principal");
    row.lag += number_member(document, "lag");
    ++row.documents;
  }
  return row;
}

std::uint64_t key_of(const TopRow& row, TopOrder order) {
  switch (order) {
    case TopOrder::kSessions: return row.sessions;
    case TopOrder::kLag: return row.lag;
    case TopOrder::kQueued: return row.queued_bytes;
    case TopOrder::kName: return 0;
  }
  return 0;
}

std::string_view order_name(TopOrder order) {
  switch (order) {
    case TopOrder::kSessions: return "sessions";
    case TopOrder::kLag: return "lag";
    case TopOrder::kQueued: return "queued";
    case TopOrder::kName: return "name";
  }
  return "";
}

std::string rate_text(double value) {
  return value < 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

std::vector<std::string> head_lines(const ServerView& before, const ServerView& now) {
  const MetricValues& m = now.metrics;
  const auto n = [&m](std::string_view name) { return m.number(name); };
  const auto rate = [&](std::string_view name) {
    return rate_text(rate_between(before, now, name));
  };
  const auto bytes = [&](std::string_view name) {
    return size_text(static_cast<std::uint64_t>(rate_between(before, now, name)));
  };
  const std::uint64_t started = n("process_start_time_seconds");
  const std::uint64_t up = now.unix_ms / 1000 - std::min(now.unix_ms / 1000, started);
  return {
      fmt::format("syncline {}  {}  up {}", m.label_of("build_info"), visible(now.readiness),
                  duration_text(up)),
      fmt::format("sessions {}  connections {}  workspaces {}  objects {}  shut {}  quarantine {}",
                  n("websockets"), n("connections"), n("workspaces"), n("objects"),
                  n("workspaces_shut"), n("objects_quarantined")),
      fmt::format("a second: changes {}  requests {}  in {}  out {}  log {}",
                  rate("changes_accepted_total"), rate("http_requests_total"),
                  bytes("network_received_bytes_total"), bytes("network_sent_bytes_total"),
                  bytes("log_bytes_total")),
      fmt::format("memory {} of {}  disk free {}  queues: log {} jobs {} clients {}",
                  size_text(n("process_resident_memory_bytes")), size_text(n("memory_limit_bytes")),
                  size_text(n("disk_free_bytes")), n("log_queue_requests"), n("jobs_waiting"),
                  size_text(n("send_queue_bytes"))),
      ""};
}

std::string row_line(const TopRow& row, bool opened, bool selected) {
  const std::string name = shorten(visible(row.name), 36);
  const std::string pad(36 - std::min<std::size_t>(36, character_count(name)), ' ');
  const std::string first = opened ? shorten(visible(row.who), 10) : std::to_string(row.sessions);
  return fmt::format("{} {}{} {:>10} {:>9} {:>7} {:>10}", selected ? '>' : ' ', name, pad, first,
                     row.documents, row.lag, size_text(row.queued_bytes));
}

}  // namespace

double rate_between(const ServerView& before, const ServerView& now, std::string_view counter) {
  const double came = now.metrics.of(counter) - before.metrics.of(counter);
  if (now.unix_ms <= before.unix_ms || came < 0) return 0;
  return came * 1000 / static_cast<double>(now.unix_ms - before.unix_ms);
}

std::vector<TopRow> top_rows(const std::vector<Any>& sessions, const TopScreen& screen) {
  std::map<std::string, TopRow> by_name;
  for (const Any& session : sessions) {
    const std::string workspace = text_member(session, "workspace");
    if (!screen.opened.empty() && workspace != screen.opened) continue;
    const TopRow row = row_of(session);
    TopRow& sum = by_name[screen.opened.empty() ? workspace : row.name];
    sum.name = screen.opened.empty() ? workspace : row.name;
    sum.who = row.who;
    sum.sessions += row.sessions;
    sum.documents += row.documents;
    sum.lag += row.lag;
    sum.queued_bytes += row.queued_bytes;
  }
  std::vector<TopRow> rows;
  for (auto& [name, row] : by_name) rows.push_back(std::move(row));
  std::ranges::stable_sort(rows, std::ranges::greater(),
                           [&](const TopRow& row) { return key_of(row, screen.order); });
  return rows;
}

std::vector<std::string> top_lines(const ServerView& before, const ServerView& now,
                                   const std::vector<TopRow>& rows, const TopScreen& screen) {
  std::vector<std::string> lines = head_lines(before, now);
  const bool opened = !screen.opened.empty();
  lines.push_back(fmt::format("  {:<36} {:>10} {:>9} {:>7} {:>10}",
                              opened ? "SESSION" : "WORKSPACE", opened ? "WHO" : "SESSIONS",
                              "DOCUMENTS", "LAG", "QUEUED"));
  const std::size_t room =
      screen.height > kHeadLines + kFootLines ? screen.height - kHeadLines - kFootLines : 0;
  const std::size_t from = screen.selected < room || room == 0 ? 0 : screen.selected - room + 1;
  for (std::size_t i = from; i < rows.size() && i < from + room; ++i)
    lines.push_back(row_line(rows[i], opened, i == screen.selected));
  if (rows.empty() && room > 0) lines.emplace_back("  nobody is connected");
  lines.push_back(fmt::format("by {}: s l u n   move: j k   {}   q: quit", order_name(screen.order),
                              opened ? "b: back" : "Enter: open"));
  if (lines.size() > screen.height) lines.resize(screen.height);
  for (std::string& line : lines) line = shorten(line, screen.width);
  return lines;
}

}  // namespace syncline::cli
