// Pace: limits how often an attack acts, so that every attack has a known rate.
#pragma once

#include <algorithm>
#include <cstdint>

namespace syncline::cli {

class Pace {
 public:
  // After a pause, at most a tenth of a second's worth is due at once, and at least one.
  explicit Pace(double per_second)
      : per_us_(per_second / 1e6), most_(std::max(1.0, per_second / 10)) {}

  // How many are due at `now_us`. They count as done.
  std::uint64_t take(std::uint64_t now_us) {
    if (last_us_ == 0) due_ = 1;
    if (last_us_ != 0) due_ += per_us_ * static_cast<double>(now_us - last_us_);
    last_us_ = std::max<std::uint64_t>(now_us, 1);
    due_ = std::min(due_, most_);
    const auto whole = static_cast<std::uint64_t>(due_);
    due_ -= static_cast<double>(whole);
    return whole;
  }

 private:
  const double per_us_;
  const double most_;
  double due_ = 0;
  std::uint64_t last_us_ = 0;
};

}  // namespace syncline::cli
