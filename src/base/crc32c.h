// CRC-32C (Castagnoli). It detects accidental damage, such as torn writes and flipped bits. It does
// not detect forgery; the hash chain of the log does.
#pragma once

#include <cstddef>
#include <cstdint>

#include "syncline/bytes.h"

namespace syncline {

// The CRC of `bytes`. To continue after earlier bytes, pass their CRC as `crc`.
std::uint32_t crc32c(ByteView bytes, std::uint32_t crc = 0);

// The CRC of some bytes and those behind them, from the CRCs of both. `bytes`: how many are behind. Takes
// O(log bytes).
std::uint32_t crc32c_joined(std::uint32_t crc, std::uint32_t behind, std::uint64_t bytes);

namespace detail {

// Without the processor's CRC instruction. A test compares the two implementations.
std::uint32_t crc32c_portable(ByteView bytes, std::uint32_t crc);

}  // namespace detail
}  // namespace syncline
