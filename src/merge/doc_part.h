// A part of a document as JSON.
#pragma once

#include <string>

#include "merge/object_part.h"
#include "syncline/crdt/doc.h"

namespace syncline::merge {

// Costs: O(content of the root), not of the document. kNotFound if there is no such root; kInvalid
// for a range of something that is neither text nor list. Half a surrogate pair at an end of the
// range becomes U+FFFD.
Result<std::string> part_to_json(crdt::Doc& doc, const Part& part);

}  // namespace syncline::merge
