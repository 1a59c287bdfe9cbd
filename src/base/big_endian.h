// Numbers as big-endian bytes. The order of the bytes is the order of the numbers, as keys and
// records need it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncline {

// Appends the lowest `width` bytes of `value`, at most 8.
inline void put_big_endian(std::string& out, std::uint64_t value, std::size_t width) {
  for (std::size_t left = width; left > 0; --left)
    out += static_cast<char>(value >> (8 * (left - 1)) & 0xff);
}

// At most 8 bytes.
inline std::uint64_t get_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace syncline
