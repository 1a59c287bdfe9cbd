// A part of a document as JSON.
#pragma once

#include <string>

#include "merge/object_part.h"
#include "syncline/crdt/doc.h"

namespace syncline::merge {

// Costs what the root holds, not what the document does. kNotFound: there is no such root; kInvalid:
// a range of what is neither text nor list. Half a surrogate pair at an end of a range is U+FFFD.
Result<std::string> part_to_json(crdt::Doc& doc, const Part& part);

}  // namespace syncline::merge
