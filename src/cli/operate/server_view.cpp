#include "cli/operate/server_view.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdlib>

namespace syncline::cli {
namespace {

constexpr std::string_view kPrefix = "syncline_";

std::uint64_t unix_ms_of_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::string without_line_end(std::string text) {
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

}  // namespace

MetricValues MetricValues::parse(std::string_view page) {
  MetricValues found;
  while (!page.empty()) {
    const std::string_view line = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(line.size() + 1, page.size()));
    const std::size_t blank = line.rfind(' ');
    if (!line.starts_with(kPrefix) || blank == line.npos) continue;
    const std::string name(line.substr(kPrefix.size(), blank - kPrefix.size()));
    found.values_[name] = std::strtod(std::string(line.substr(blank + 1)).c_str(), nullptr);
  }
  return found;
}

double MetricValues::of(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? 0 : found->second;
}

std::uint64_t MetricValues::number(std::string_view name) const {
  const double value = of(name);
  return value > 0 ? static_cast<std::uint64_t>(std::llround(value)) : 0;
}

std::string MetricValues::label_of(std::string_view name) const {
  const auto found = values_.lower_bound(std::string(name) + "{");
  if (found == values_.end() || !found->first.starts_with(name)) return {};
  const std::size_t begin = found->first.find('"') + 1;
  return found->first.substr(begin, found->first.rfind('"') - begin);
}

Result<ServerView> look_at_server(Api& api) {
  const auto ready = api.page("/readyz");
  if (!ready) return std::unexpected(ready.error());
  ServerView view{.ready = ready->status == 200,
                  .readiness = without_line_end(ready->body),
                  .metrics = {},
                  .unix_ms = unix_ms_of_now()};
  const auto metrics = api.metrics();
  if (!metrics) return std::unexpected(metrics.error());
  view.metrics = MetricValues::parse(*metrics);
  if (view.metrics.empty())
    return fail(ErrorCode::kMalformed, "answers, but not as a Syncline server does");
  return view;
}

Result<std::vector<crdt::Any>> sessions_of(Api& api, std::size_t most) {
  std::vector<crdt::Any> sessions;
  std::string after;
  while (sessions.size() < most) {
    const auto page = api.sessions({}, after);
    if (!page) return std::unexpected(page.error());
    if (page->empty()) break;
    for (const NamedLine& line : *page)
      if (auto json = crdt::from_json(line.json)) sessions.push_back(std::move(*json));
    after = page->back().name;
  }
  return sessions;
}

std::string duration_text(std::uint64_t seconds) {
  constexpr std::uint64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  if (seconds < kMinute) return fmt::format("{} s", seconds);
  if (seconds < kHour) return fmt::format("{} min", seconds / kMinute);
  if (seconds < kDay) return fmt::format("{} h {} min", seconds / kHour, seconds % kHour / kMinute);
  return fmt::format("{} d {} h", seconds / kDay, seconds % kDay / kHour);
}

}  // namespace syncline::cli
