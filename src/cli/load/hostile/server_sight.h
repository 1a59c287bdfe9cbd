// What a run sees of the server from outside: its metrics, and the memory of its process.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "syncline/error.h"

namespace syncline::cli {

// A page of /metrics (docs/observability.md): "name" or "name{label=\"value\"}" to its value.
using MetricPage = std::map<std::string, double, std::less<>>;

// Lines that are no samples are left out.
MetricPage parse_metrics(std::string_view text);

// `base` is "http://HOST:PORT". Blocks, at most ten seconds.
Result<MetricPage> fetch_metrics(const std::string& base, const std::string& token);

// The quantile of what a histogram of the server counted between two pages, in microseconds: the upper
// bound of the bucket in which it lies. Empty: it counted nothing. The last bound if it lies above all.
struct ServerQuantiles {
  std::uint64_t count = 0;
  std::uint64_t p50_us = 0;
  std::uint64_t p99_us = 0;
  std::uint64_t p999_us = 0;
};
std::optional<ServerQuantiles> quantiles_between(const MetricPage& before, const MetricPage& after,
                                                 std::string_view histogram);

// The resident memory of a process in bytes; 0 if there is no such process.
std::uint64_t resident_bytes_of(std::uint64_t pid);

}  // namespace syncline::cli
