// Measures how large the formats of a text become in output. Each run of characters prints the
// names and values of all its active formats, so n format items can produce n^2/2 attributes. Call
// this before a text is turned into a delta or printed as XML. O(items of the text); copies
// nothing.
#pragma once

#include <cstddef>

#include "crdt/engine.h"

namespace syncline::crdt {

struct FormatWeight {
  std::size_t bytes = 0;   // names and packed values, once for each run that prints them
  std::size_t active = 0;  // the most active formats at one place
};

// For the sequence of one type. May stop early once there are more than `limit` bytes.
FormatWeight format_weight(const Engine& engine, TypeIndex type, std::size_t limit);

// For all texts in a type and below it that are printed with their formats (XML).
std::size_t printed_formats_weight(const Engine& engine, TypeIndex type,
                                   std::size_t limit);

}  // namespace syncline::crdt
