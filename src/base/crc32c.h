// CRC-32C (Castagnoli), the check that finds accidental damage: torn writes, flipped bits.
// It finds no forgery; that is what the hash chain of the log is for.
#pragma once

#include <cstddef>
#include <cstdint>

#include "syncline/bytes.h"

namespace syncline {

// The CRC of `bytes`; pass a former result as `crc` to continue after earlier bytes.
std::uint32_t crc32c(ByteView bytes, std::uint32_t crc = 0);

namespace detail {

// Without the processor's instruction, so that a test can compare the two.
std::uint32_t crc32c_portable(ByteView bytes, std::uint32_t crc);

}  // namespace detail
}  // namespace syncline
