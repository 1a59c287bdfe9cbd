// Runs many seeds of the simulator in worker processes. A run that crashes ends only its worker,
// and is reported like any other broken invariant.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/run.h"

namespace syncline::cli {

struct SimPoolOptions {
  std::uint64_t first_seed = 1;
  std::uint64_t runs = 0;     // 0: until the time is up
  std::uint64_t seconds = 0;  // 0: until all runs are done
  std::uint64_t jobs = 1;
  std::uint64_t repeat_every = 50;  // one seed in so many is run twice, for I15
  bool keep_going = false;          // continue after a failure
};

struct SimFailure {
  std::uint64_t seed = 0;
  sim::Violation violation;
  bool crashed = false;
};

struct SimTotals {
  std::uint64_t runs = 0;
  std::uint64_t repeated = 0;
  std::uint64_t virtual_us = 0;
  std::uint64_t events = 0;
  std::uint64_t edits = 0;
  sim::Probes probes;
  std::vector<SimFailure> failures;
  double seconds = 0;
};

// `progress` is called a few times per second. If it returns false, the runs stop.
SimTotals run_pool(const SimPoolOptions& options,
                   const std::function<bool(const SimTotals&)>& progress);

// Runs one seed, twice on request. A difference between the two runs is a violation of I15.
sim::RunResult run_seed(std::uint64_t seed, bool twice);

}  // namespace syncline::cli
