#include "base/byte_reader.h"

namespace syncline {

std::uint64_t ByteReader::long_var_uint(std::uint64_t value, unsigned bits) {
  // The usual case: clocks and client ids of up to seven bytes, which cannot exceed the limit.
  if (bits == 0 && remaining() >= 7) [[likely]] {
    const std::uint8_t* at = cursor_;
    std::uint64_t sum = 0;
    for (unsigned shift = 0; shift < 49; shift += 7) {
      const std::uint8_t byte = *at++;
      sum |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        cursor_ = at;
        return sum;
      }
    }
  }
  // Ten bytes can hold any 64 bits. lib0 never writes more than eight, but it reads padded varints.
  const unsigned last = bits + 7 * 9;
  for (; cursor_ != end_ && bits <= last; bits += 7) {
    const std::uint8_t byte = *cursor_++;
    const std::uint64_t group = byte & 0x7f;
    if (group != 0) {
      if (bits > 52) break;
      value |= group << bits;
      if (value > kMaxSafeInteger) break;
    }
    if (byte < 0x80) return value;
  }
  fail();
  return 0;
}

}  // namespace syncline
