#include "net/ws_frame.h"

#include <cstring>

namespace syncline::bench {
namespace {

constexpr std::uint8_t kFin = 0x80;
constexpr std::uint8_t kMasked = 0x80;

std::uint64_t big_endian(const std::uint8_t* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

void append_head(Bytes& out, Opcode opcode, std::uint64_t length, std::uint8_t masked) {
  out.push_back(kFin | static_cast<std::uint8_t>(opcode));
  const unsigned more = length < 126 ? 0 : length <= 0xffff ? 2 : 8;
  out.push_back(masked | static_cast<std::uint8_t>(more == 0 ? length : more == 2 ? 126 : 127));
  for (unsigned shift = more * 8; shift != 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(length >> (shift - 8)));
}

// `mask` holds the four bytes in the order of memory.
void apply_mask(std::span<std::uint8_t> bytes, std::uint32_t mask) {
  const std::uint64_t wide = std::uint64_t{mask} << 32 | mask;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, 8);
    word ^= wide;
    std::memcpy(bytes.data() + i, &word, 8);
  }
  std::uint8_t key[4];
  std::memcpy(key, &mask, 4);
  for (; i < bytes.size(); ++i) bytes[i] ^= key[i & 3];
}

}  // namespace

Frame read_frame(std::span<std::uint8_t> bytes) {
  if (bytes.size() < 2) return {};
  std::uint64_t length = bytes[1] & 0x7f;
  std::size_t head = 2;
  if (length >= 126) {
    const std::size_t more = length == 126 ? 2 : 8;
    if (bytes.size() < head + more) return {};
    length = big_endian(bytes.data() + head, more);
    head += more;
  }
  const bool masked = (bytes[1] & kMasked) != 0;
  const std::size_t key_at = head;
  if (masked) head += 4;
  if (bytes.size() < head || bytes.size() - head < length) return {};
  Frame frame{.size = head + static_cast<std::size_t>(length),
              .last = (bytes[0] & kFin) != 0,
              .opcode = static_cast<Opcode>(bytes[0] & 0x0f),
              .payload = bytes.subspan(head, static_cast<std::size_t>(length))};
  if (masked) {
    std::uint32_t mask = 0;
    std::memcpy(&mask, bytes.data() + key_at, 4);
    apply_mask(frame.payload, mask);
  }
  return frame;
}

void append_frame(Bytes& out, Opcode opcode, ByteView payload) {
  append_head(out, opcode, payload.size(), 0);
  out.insert(out.end(), payload.begin(), payload.end());
}

void append_masked_frame(Bytes& out, Opcode opcode, ByteView payload, std::uint32_t mask) {
  append_head(out, opcode, payload.size(), kMasked);
  const auto* const key = reinterpret_cast<const std::uint8_t*>(&mask);
  out.insert(out.end(), key, key + 4);
  const std::size_t start = out.size();
  out.insert(out.end(), payload.begin(), payload.end());
  apply_mask(std::span(out).subspan(start), mask);
}

}  // namespace syncline::bench
