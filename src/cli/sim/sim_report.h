// The reports of `syncline sim`: totals, probes, and the story of a failure.
#pragma once

#include <string>

#include "cli/sim/sim_pool.h"
#include "sim/run.h"

namespace syncline::cli {

// "3.214 s", in virtual time.
std::string virtual_time(std::uint64_t time_us);

// The end of a run's trace, one entry per line, without minor entries.
std::string timeline_text(const sim::RunResult& result, std::size_t max_lines);

// The counts of faults and rare states, with a remark for those that were never reached.
std::string probes_text(const sim::Probes& probes);
std::vector<std::string> probes_missed(const sim::Probes& probes);

std::string totals_text(const SimTotals& totals);
std::string totals_json(const SimTotals& totals);

// A self-contained page that shows nodes, messages and faults over virtual time, for any browser.
std::string viewer_page(const sim::Plan& plan, const sim::RunResult& result);

}  // namespace syncline::cli
