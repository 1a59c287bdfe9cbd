// Numbers of the bundle's format that its writer and its reader share: docs/formats/bundle.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace syncline::log {

enum class BundleKind : std::uint8_t {
  kHeader = 1,
  kStatement = 2,
  kEvents = 3,
  kSnapshot = 4,  // that does not say of which type it is
  kPins = 5,
  kEnd = 6,
  kTypedSnapshot = 7,
};

inline constexpr std::size_t kSectionHeadBytes = 5;  // kind, length
inline constexpr std::size_t kSectionCrcBytes = 4;

}  // namespace syncline::log
