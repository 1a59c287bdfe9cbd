// Report: the figures of one run, printed as one JSON object on one line.
#pragma once

#include <string>
#include <string_view>

#include "cli/load/histogram.h"

namespace syncline::bench {

class Report {
 public:
  void text(std::string_view name, std::string_view value);
  void number(std::string_view name, double value);
  // NAME_p50, NAME_p99 and NAME_max in milliseconds, from a histogram of nanoseconds. Adds nothing
  // if the histogram is empty.
  void times(std::string_view name, const cli::Histogram& times);

  std::string line() const { return "{" + fields_ + "}"; }

 private:
  void field(std::string_view name, std::string_view value);

  std::string fields_;
};

}  // namespace syncline::bench
