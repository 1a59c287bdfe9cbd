// Reports the results of `syncline bench --workload hostile`, for people and as JSON.
#pragma once

#include <string>

#include "cli/load/hostile/hostile.h"

namespace syncline::cli {

std::string hostile_text(const HostileOptions& options, const HostileResult& result);

// One object on one line. Times are in microseconds. `format` is increased when the meaning of a field
// changes.
std::string hostile_json(const HostileOptions& options, const HostileResult& result);

// The list of all attacks, one line each, for people.
std::string attack_list();

}  // namespace syncline::cli
