// MetricsPage: builds a page in the text format of Prometheus, version 0.0.4. All names get the
// prefix "syncline_". Each name may be added once.
//
// Labels come from closed lists: in the source code, or the first tenants of the server. Names of workspaces,
// objects or principals are no labels: their number has no bound, and a page would grow with the data.
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "observe/histogram.h"

namespace syncline::observe {

class MetricsPage {
 public:
  // A total that only grows. Its name ends with "_total".
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    add(name, help, "counter", value);
  }
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    add(name, help, "gauge", value);
  }

  // One value for each value of a label.
  struct Labelled {
    std::string_view label;
    std::uint64_t value = 0;
  };
  void counters(std::string_view name, std::string_view help, std::string_view label,
                std::span<const Labelled> values) {
    add(name, help, "counter", label, values);
  }
  void gauges(std::string_view name, std::string_view help, std::string_view label,
              std::span<const Labelled> values) {
    add(name, help, "gauge", label, values);
  }

  // The page shows values divided by `unit`: 1e6 makes seconds of microseconds.
  void histogram(std::string_view name, std::string_view help, const Histogram& values,
                 double unit = 1);

  std::string take() { return std::exchange(text_, {}); }

 private:
  void head(std::string_view name, std::string_view help, std::string_view type);
  void add(std::string_view name, std::string_view help, std::string_view type,
           std::uint64_t value);
  void add(std::string_view name, std::string_view help, std::string_view type,
           std::string_view label, std::span<const Labelled> values);

  std::string text_;
};

}  // namespace syncline::observe
