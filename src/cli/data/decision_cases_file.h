// Tests of policies in the format of the published integration tests of the Cedar language (cedar/decision_cases.h), in a
// file that names others.
//
// A file that is named is looked for in the folder of the test, and then in the folders around it, the nearest first:
// published tests name files from the root of their collection.
//
// Thread-safety: none; it writes to the console.
#pragma once

#include <string>
#include <string_view>

#include "cli/console.h"

namespace syncline::cli {

// Runs the test whose text is that of `file`, says each difference and how many decisions are as expected, and
// returns the exit code of a command.
int run_decision_cases(const std::string& file, std::string_view text, Console& console);

}  // namespace syncline::cli
