// The header Range (RFC 9110, section 14): which bytes of a file are asked for. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace syncline::api {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;

  bool operator==(const ByteRange&) const = default;
};

// No byte of the file is in the range.
struct Unsatisfiable {
  bool operator==(const Unsatisfiable&) const = default;
};

// Of a file with so many bytes. nullopt: the header is to be ignored, because it is malformed, of another unit, or has
// several ranges. Then all bytes are sent.
std::optional<std::variant<ByteRange, Unsatisfiable>> asked_range(std::string_view header,
                                                                  std::uint64_t bytes);

}  // namespace syncline::api
