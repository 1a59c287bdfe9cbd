// Compares secrets. The time depends on their lengths alone, so it reveals nothing about their bytes.
#pragma once

#include <cstddef>

#include "syncline/bytes.h"

namespace syncline {

inline bool equal_in_constant_time(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace syncline
