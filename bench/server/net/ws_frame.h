// WebSocket frames (RFC 6455, section 5.2), as far as a benchmark needs them: both sides, messages
// of any length that memory holds, no extensions.
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
  std::size_t size = 0;  // of all of it, head included; 0: more bytes are needed
  bool last = false;     // FIN
  Opcode opcode = Opcode::kBinary;
  std::span<std::uint8_t> payload;  // refers into the input, unmasked in place
};

// The frame at the start of `bytes`. A payload that is not there whole leaves the bytes as they
// are.
Frame read_frame(std::span<std::uint8_t> bytes);

// Appends a whole message in one frame: as a server, and as a client.
void append_frame(Bytes& out, Opcode opcode, ByteView payload);
void append_masked_frame(Bytes& out, Opcode opcode, ByteView payload, std::uint32_t mask);

}  // namespace syncline::bench
