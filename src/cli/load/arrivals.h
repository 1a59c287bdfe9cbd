// Arrivals: the times at which a load generator acts: random times with a fixed mean rate (a
// Poisson process), drawn from a seed in advance.
//
// Open loop: an arrival does not wait for the answer to the one before it. Its latency counts from
// the time at which it was due, not from the time at which the generator sent it. So a server that
// stalls for a second has a second's worth of late answers, as its users see it, and not only one
// ("coordinated omission", Gil Tene).
#pragma once

#include <cmath>
#include <cstdint>

#include "sim/dice.h"

namespace syncline::cli {

class Arrivals {
 public:
  // `per_second` > 0.
  Arrivals(sim::Dice dice, std::uint64_t start_us, double per_second)
      : dice_(dice), at_us_(static_cast<double>(start_us)), mean_us_(1e6 / per_second) {}

  // When the next one is due, in microseconds.
  std::uint64_t next() {
    at_us_ += -mean_us_ * std::log(1.0 - dice_.unit());
    return static_cast<std::uint64_t>(at_us_);
  }

 private:
  sim::Dice dice_;
  double at_us_;
  const double mean_us_;
};

}  // namespace syncline::cli
