// Prints delete sets as text.
#pragma once

#include <string>

#include "syncline/crdt/id_set.h"

namespace syncline::cli {

// One row per range. Only the titles if the set is empty.
std::string delete_set_table(const crdt::DeleteSet& deletes);

// One line per range: {"deleted":{"client":1,"clock":5,"len":2}}, with "file" first if `file` is
// not empty.
std::string delete_set_json(const crdt::DeleteSet& deletes, const std::string& file);

}  // namespace syncline::cli
