#include "cli/load/hostile/server_sight.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "backend/net/http_client.h"

namespace syncline::cli {

MetricPage parse_metrics(std::string_view text) {
  MetricPage page;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t space = line.rfind(' ');
    if (line.empty() || line.front() == '#' || space == std::string_view::npos) continue;
    page.emplace(line.substr(0, space),
                 std::strtod(std::string(line.substr(space + 1)).c_str(), nullptr));
  }
  return page;
}

Result<MetricPage> fetch_metrics(const std::string& base, const std::string& token) {
  backend::HttpClientOptions options;
  if (!token.empty()) options.headers = {{"Authorization", "Bearer " + token}};
  const auto answer = backend::http_get(base + "/metrics", options);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200)
    return fail(ErrorCode::kUnavailable,
                fmt::format("{}/metrics: status {}", base, answer->status));
  return parse_metrics(answer->body);
}

std::optional<ServerQuantiles> quantiles_between(const MetricPage& before, const MetricPage& after,
                                                 std::string_view histogram) {
  const std::string prefix = fmt::format("{}_bucket{{le=\"", histogram);
  std::map<double, double> counts;  // by upper bound, cumulative
  for (auto sample = after.lower_bound(prefix); sample != after.end(); ++sample) {
    if (!sample->first.starts_with(prefix)) break;
    const double bound = std::strtod(sample->first.c_str() + prefix.size(), nullptr);
    const auto earlier = before.find(sample->first);
    counts[bound] = sample->second - (earlier == before.end() ? 0 : earlier->second);
  }
  if (counts.empty() || counts.rbegin()->second <= 0) return std::nullopt;
  const double total = counts.rbegin()->second;
  const auto quantile = [&](double share) {
    double highest = 0;
    for (const auto& [bound, count] : counts) {
      if (bound < 1e9) highest = bound;
      if (count >= share * total) break;
    }
    return static_cast<std::uint64_t>(highest * 1e6);
  };
  return ServerQuantiles{static_cast<std::uint64_t>(total), quantile(0.5), quantile(0.99),
                         quantile(0.999)};
}

std::uint64_t resident_bytes_of(std::uint64_t pid) {
  std::ifstream file(fmt::format("/proc/{}/statm", pid));
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (!(file >> size >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace syncline::cli
