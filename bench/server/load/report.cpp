#include "load/report.h"

#include <fmt/format.h>

#include <cmath>

namespace syncline::bench {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    // The reason of a failure may contain what a server sent.
    out += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e ? '?' : c;
  }
  return out + '"';
}

}  // namespace

void Report::field(std::string_view name, std::string_view value) {
  fields_ += fmt::format("{}{}: {}", fields_.empty() ? "" : ", ", quoted(name), value);
}

void Report::text(std::string_view name, std::string_view value) {
  field(name, quoted(value));
}

void Report::number(std::string_view name, double value) {
  if (!std::isfinite(value)) return field(name, "null");
  field(name,
        value == std::trunc(value) ? fmt::format("{:.0f}", value) : fmt::format("{:.6g}", value));
}

void Report::times(std::string_view name, const cli::Histogram& times) {
  if (times.count() == 0) return;
  const auto milliseconds = [](std::uint64_t ns) { return static_cast<double>(ns) / 1e6; };
  number(fmt::format("{}_p50", name), milliseconds(times.quantile(0.5)));
  number(fmt::format("{}_p99", name), milliseconds(times.quantile(0.99)));
  number(fmt::format("{}_max", name), milliseconds(times.max()));
}

}  // namespace syncline::bench
