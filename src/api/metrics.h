// GET /metrics: the counters of all loops, added up, and those of the process, in Prometheus' text
// format.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "api/context.h"
#include "http/exchange.h"

namespace syncline::api {

struct HistogramBucket {
  double up_to = 0;         // infinity for the last bucket
  std::uint64_t count = 0;  // in this bucket only
};

// Builds the page. Names get the prefix "syncline_".
class MetricsPage {
 public:
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    add(name, help, "counter", value);
  }
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    add(name, help, "gauge", value);
  }
  // `sum` is the sum of all measured values.
  void histogram(std::string_view name, std::string_view help,
                 std::span<const HistogramBucket> buckets, double sum);

  std::string take() { return std::move(text_); }

 private:
  void add(std::string_view name, std::string_view help, std::string_view type,
           std::uint64_t value);

  std::string text_;
};

void serve_metrics(const Context& context, http::Responder responder);

}  // namespace syncline::api
