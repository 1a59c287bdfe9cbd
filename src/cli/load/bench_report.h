// What `syncline bench` measured, for people, as JSON, and against an earlier run.
#pragma once

#include <string>
#include <string_view>

#include "cli/load/bench.h"

namespace syncline::cli {

std::string bench_text(const BenchOptions& options, const BenchResult& result);

// One object on one line; what --save keeps and --compare reads. `format` grows when a field's
// meaning changes.
std::string bench_json(const BenchOptions& options, const BenchResult& result);

// A table of then, now and their ratio. kMalformed if `saved` is no run of this format; kConflict,
// with the difference, if it measured something else.
Result<std::string> bench_comparison(std::string_view saved, std::string_view now);

}  // namespace syncline::cli
