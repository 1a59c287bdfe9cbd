// What changed in an object, as lines for people: below an event of `diff`, and of `restore --dry-run`.
#pragma once

#include <string>
#include <vector>

#include "syncline/crdt/any.h"

namespace syncline::cli {

// A line for each type that changed, indented, for a terminal. `told` has them as "changes"
// (merge/doc_history.h).
std::vector<std::string> change_lines(const crdt::Any& told);

}  // namespace syncline::cli
