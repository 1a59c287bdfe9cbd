// A part of an object's state: what somebody asks for who does not want the whole.
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
  std::uint64_t from = 0;   // of a text in UTF-16 units, of a list in elements;
  std::uint64_t to = kEnd;  // both are cut to what is there

  bool is_whole() const { return from == 0 && to == kEnd; }
};

// "10:20", "10:", ":20", or "" for all of it. kInvalid for anything else.
Result<Part> parse_part(std::string_view root, std::string_view range);

}  // namespace syncline::merge
