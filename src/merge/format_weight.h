// How much the formats of a text weigh where they are shown: each run of characters shows the names
// and values of all that are active there, so n format items can make n^2/2 attributes. To be asked
// before a text is turned into a delta, or printed as XML. O(items of the text), nothing is copied.
#pragma once

#include <cstddef>

#include "crdt/engine.h"

namespace syncline::merge {

struct FormatWeight {
  std::size_t bytes = 0;   // of names and packed values, once for each run that shows them
  std::size_t active = 0;  // the most at one place
};

// Of one type's sequence. May stop once there are more than `limit` bytes.
FormatWeight format_weight(const crdt::Engine& engine, crdt::TypeIndex type, std::size_t limit);

// The bytes of all texts that are printed with their formats (XML) in a type and below it.
std::size_t printed_formats_weight(const crdt::Engine& engine, crdt::TypeIndex type,
                                   std::size_t limit);

}  // namespace syncline::merge
