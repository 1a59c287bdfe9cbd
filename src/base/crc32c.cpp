#include "base/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace syncline {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78u;  // bit-reflected, without x^32

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t index = 0; index < 256; ++index) {
    std::uint32_t value = index;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? kPolynomial : 0);
    table[index] = value;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = make_table();

// The product of two polynomials modulo that of the CRC. The highest bit is that of x^0.
std::uint32_t times(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = std::uint32_t{1} << 31; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = b >> 1 ^ ((b & 1) != 0 ? kPolynomial : 0);
  }
  return product;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(ByteView bytes, std::uint32_t crc) {
  std::uint64_t value = ~crc;
  const std::uint8_t* data = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; data += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, data, 8);
    value = _mm_crc32_u64(value, word);
  }
  auto narrow = static_cast<std::uint32_t>(value);
  for (; left > 0; ++data, --left) narrow = _mm_crc32_u8(narrow, *data);
  return ~narrow;
}
#endif

}  // namespace

std::uint32_t detail::crc32c_portable(ByteView bytes, std::uint32_t crc) {
  std::uint32_t value = ~crc;
  for (const std::uint8_t byte : bytes) value = value >> 8 ^ kTable[(value ^ byte) & 0xff];
  return ~value;
}

// Zeros behind the first bytes multiply their CRC by x^8 each.
std::uint32_t crc32c_joined(std::uint32_t crc, std::uint32_t behind, std::uint64_t bytes) {
  std::uint32_t power = std::uint32_t{1} << 23;  // x^8
  for (; bytes > 0; bytes >>= 1) {
    if ((bytes & 1) != 0) crc = times(power, crc);
    power = times(power, power);
  }
  return crc ^ behind;
}

std::uint32_t crc32c(ByteView bytes, std::uint32_t crc) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return crc32c_sse42(bytes, crc);
#endif
  return detail::crc32c_portable(bytes, crc);
}

}  // namespace syncline
