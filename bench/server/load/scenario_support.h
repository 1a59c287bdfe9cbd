// What the scenarios share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "load/scenarios.h"

namespace syncline::bench {

// So many clients connect at once, unless a scenario says otherwise.
inline constexpr std::size_t kAtOnce = 100;
// Seconds that a step may take before the run is a failed one.
inline constexpr double kPatience = 60;

// "run-7": the name of the document of this number.
std::string document_name(const Run& run, std::size_t number);

// The median of a few; 0 of none.
double median_of(std::vector<double> values);

// Cores that the server, this program and others used.
void report_cores(Report& report, std::string_view name, const Spent& spent);

}  // namespace syncline::bench
