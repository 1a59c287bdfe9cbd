#include "observe/metrics_page.h"

#include <fmt/format.h>

#include <iterator>

namespace syncline::observe {
namespace {

// In a help text, a backslash and a line feed are escaped; in the value of a label, quotes, too.
std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char byte : text) {
    if (byte == '\n') {
      out += "\\n";
      continue;
    }
    if (byte == '\\' || (quotes && byte == '"')) out += '\\';
    out += byte;
  }
  return out;
}

}  // namespace

void MetricsPage::head(std::string_view name, std::string_view help, std::string_view type) {
  fmt::format_to(std::back_inserter(text_), "# HELP syncline_{0} {1}\n# TYPE syncline_{0} {2}\n",
                 name, escaped(help, false), type);
}

void MetricsPage::add(std::string_view name, std::string_view help, std::string_view type,
                      std::uint64_t value) {
  head(name, help, type);
  fmt::format_to(std::back_inserter(text_), "syncline_{} {}\n", name, value);
}

void MetricsPage::add(std::string_view name, std::string_view help, std::string_view type,
                      std::string_view label, std::span<const Labelled> values) {
  head(name, help, type);
  for (const Labelled& each : values)
    fmt::format_to(std::back_inserter(text_), "syncline_{}{{{}=\"{}\"}} {}\n", name, label,
                   escaped(each.label, true), each.value);
}

void MetricsPage::histogram(std::string_view name, std::string_view help, const Histogram& values,
                            double unit) {
  head(name, help, "histogram");
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    total += values.in_bucket(i);
    const std::string bound = i + 1 == Histogram::kBuckets
                                  ? "+Inf"
                                  : fmt::format("{}", static_cast<double>(values.bound(i)) / unit);
    fmt::format_to(std::back_inserter(text_), "syncline_{}_bucket{{le=\"{}\"}} {}\n", name, bound,
                   total);
  }
  fmt::format_to(std::back_inserter(text_), "syncline_{0}_sum {1}\nsyncline_{0}_count {2}\n", name,
                 static_cast<double>(values.sum()) / unit, total);
}

}  // namespace syncline::observe
