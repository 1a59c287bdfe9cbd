// A part of a document as JSON.
#pragma once

#include <cstddef>
#include <memory>

#include "base/pieces.h"
#include "merge/object_part.h"
#include "syncline/crdt/doc.h"

namespace syncline::merge {

// Costs: O(content of the root), not of the document. kNotFound if there is no such root; kInvalid
// for a range of something that is neither text nor list. Half a surrogate pair at an end of the
// range becomes U+FFFD. kTooLarge if the text is longer than `most` bytes.
Result<std::unique_ptr<Pieces>> part_pieces(crdt::Doc& doc, const Part& part, std::size_t most);

}  // namespace syncline::merge
