// One run of a simulated world.
//
//   RunResult result = run(draw_plan(seed), {});
//
// Phase one: clients edit, vandals and hostile clients do harm, faults happen. Safety is checked at every recovery and
// every virtual second. Phase two: everything heals, one new client joins each object, and all
// clients must converge within the given time. Then every oracle checks everything.
//
// Deterministic: the result, including its hash, is a function of the plan. Thread-safety: runs
// share nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/guests.h"
#include "sim/plan.h"
#include "sim/world.h"

namespace syncline::sim {

struct RunOptions {
  bool recording = false;        // keeps the trace
  const Party* party = nullptr;  // guests of a test (sim/guests.h)
};

struct RunResult {
  std::optional<Violation> violation;
  std::uint64_t hash = 0;
  std::uint64_t virtual_us = 0;
  std::uint64_t events = 0;  // of the timeline
  std::uint64_t edits = 0;
  std::uint64_t log_bytes = 0;
  Probes probes;
  std::vector<TraceEntry> trace;
};

RunResult run(const Plan& plan, const RunOptions& options);

// The smallest plan found, in at most `max_runs` runs, that breaks the same invariant: with fewer
// faults, clients and vandals, and a shorter first phase.
Plan shrink(const Plan& plan, const Violation& violation, unsigned max_runs);

}  // namespace syncline::sim
