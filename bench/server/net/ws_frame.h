// WebSocket frames (RFC 6455, section 5.2), as far as a benchmark needs them: for both sides,
// messages of any length that fits into memory, no extensions.
//
//   byte 0   FIN, 3 reserved bits, opcode
//   byte 1   MASK, length: up to 125, or 126 and 2 bytes more, or 127 and 8 bytes more
//   mask     4 bytes, if MASK is set: in what clients send
//   payload
//
// Pure functions.
#pragma once

#include <cstdint>
#include <span>

#include "syncline/bytes.h"

namespace syncline::bench {

enum class Opcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

struct Frame {
  std::size_t size = 0;  // of the whole frame, head included; 0: more bytes are needed
  bool last = false;     // FIN
  Opcode opcode = Opcode::kBinary;
  std::span<std::uint8_t> payload;  // refers to the input, unmasked in place
};

// Reads the frame at the start of `bytes`. Does not change the bytes if the payload is incomplete.
Frame read_frame(std::span<std::uint8_t> bytes);

// Append a whole message as one frame, as a server and as a client.
void append_frame(Bytes& out, Opcode opcode, ByteView payload);
void append_masked_frame(Bytes& out, Opcode opcode, ByteView payload, std::uint32_t mask);

}  // namespace syncline::bench
