// Numbers of the bundle format that the writer and the reader share: docs/formats/bundle.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace syncline::log {

enum class BundleKind : std::uint8_t {
  kHeader = 1,
  kStatement = 2,
  kEvents = 3,
  kSnapshot = 4,  // without the name of its type
  kPins = 5,
  kEnd = 6,
  kTypedSnapshot = 7,
};

inline constexpr std::size_t kSectionHeadBytes = 5;  // kind, length
inline constexpr std::size_t kSectionCrcBytes = 4;

}  // namespace syncline::log
