// Merges two deltas, as the API tells changes of texts and lists (merge/doc_history.h), into one that
// does what both do one after the other. For people, who do not want to read a line per keystroke.
#pragma once

#include "syncline/crdt/any.h"

namespace syncline::cli {

// Each step is {"retain": n}, {"insert": text, list or embed} or {"delete": n}, with "attributes" for
// the first two; lengths of texts count UTF-16 units. Steps that are none of these are left out.
crdt::Any merge_deltas(const crdt::Any& first, const crdt::Any& then);

// Merges the changes of two events of one object: those of a type, by its path, become one.
crdt::Any merge_changes(const crdt::Any& first, const crdt::Any& then);

}  // namespace syncline::cli
