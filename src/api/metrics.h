// GET /metrics: every loop's counters, added up, and what the process counts beside them, in Prometheus' text format.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "api/context.h"
#include "http/exchange.h"

namespace syncline::api {

struct HistogramBucket {
  double up_to = 0;         // the last is infinity
  std::uint64_t count = 0;  // of this bucket alone
};

// The page in the making. Names get the prefix "syncline_".
class MetricsPage {
 public:
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    add(name, help, "counter", value);
  }
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    add(name, help, "gauge", value);
  }
  // `sum`: of all that was measured.
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
