// Reports the results of `syncline bench`: for people, as JSON, and compared with an earlier run.
#pragma once

#include <string>
#include <string_view>

#include "cli/load/bench.h"

namespace syncline::cli {

std::string bench_text(const BenchOptions& options, const BenchResult& result);

// One object on one line, which --save stores and --compare reads. `format` is increased when the
// meaning of a field changes.
std::string bench_json(const BenchOptions& options, const BenchResult& result);

// A table with the earlier value, the present value and their ratio. kMalformed if `saved` is not a
// run in this format. kConflict, with the difference, if it measured something else.
Result<std::string> bench_comparison(std::string_view saved, std::string_view now);

}  // namespace syncline::cli
