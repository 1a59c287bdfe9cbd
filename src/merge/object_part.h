// Part: a section of an object's state, for readers that do not need the whole.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "syncline/error.h"

namespace syncline::merge {

struct Part {
  static constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();

  std::string root;         // the name of a root type
  std::uint64_t from = 0;   // in UTF-16 units of a text, or elements of a list
  std::uint64_t to = kEnd;  // both are cut to the actual length

  bool is_whole() const { return from == 0 && to == kEnd; }
};

// Parses "10:20", "10:", ":20", or "" for the whole. kInvalid for anything else.
Result<Part> parse_part(std::string_view root, std::string_view range);

}  // namespace syncline::merge
