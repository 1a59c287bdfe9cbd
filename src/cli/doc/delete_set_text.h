// Delete sets as text.
#pragma once

#include <string>

#include "syncline/crdt/id_set.h"

namespace syncline::cli {

// One row per range; only the titles if there is none.
std::string delete_set_table(const crdt::DeleteSet& deletes);

// One line per range: {"deleted":{"client":1,"clock":5,"len":2}}, with "file" in front if given.
std::string delete_set_json(const crdt::DeleteSet& deletes, const std::string& file);

}  // namespace syncline::cli
