// What `syncline sim` says about runs: totals, probes, and the story of a failure.
#pragma once

#include <string>

#include "cli/sim/sim_pool.h"
#include "sim/run.h"

namespace syncline::cli {

// "3.214 s": virtual time.
std::string virtual_time(std::uint64_t time_us);

// The end of a run's trace, without what is too small to matter, a line each.
std::string timeline_text(const sim::RunResult& result, std::size_t max_lines);

// Counts of faults and rare states; those never reached are said to be so.
std::string probes_text(const sim::Probes& probes);
std::vector<std::string> probes_missed(const sim::Probes& probes);

std::string totals_text(const SimTotals& totals);
std::string totals_json(const SimTotals& totals);

// A page that shows nodes, messages and faults over virtual time, by itself, in any browser.
std::string viewer_page(const sim::Plan& plan, const sim::RunResult& result);

}  // namespace syncline::cli
