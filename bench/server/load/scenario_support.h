// Shared by the scenarios.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "load/scenarios.h"

namespace syncline::bench {

// The number of clients that connect at once, unless a scenario says otherwise.
inline constexpr std::size_t kAtOnce = 100;
// The seconds after which a step counts as failed.
inline constexpr double kPatience = 60;

// "run-7": the name of the document with this number.
std::string document_name(const Run& run, std::size_t number);

// The median; 0 if there are no values.
double median_of(std::vector<double> values);

// Reports the cores that the server, this program and other processes used.
void report_cores(Report& report, std::string_view name, const Spent& spent);

}  // namespace syncline::bench
