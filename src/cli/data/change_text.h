// Describes for people what changed in an object, below an event of `diff` and of `restore
// --dry-run`.
#pragma once

#include <string>
#include <vector>

#include "syncline/crdt/any.h"

namespace syncline::cli {

// One indented line for each type that changed. `told` contains them as "changes"
// (merge/doc_history.h).
std::vector<std::string> change_lines(const crdt::Any& told);

}  // namespace syncline::cli
