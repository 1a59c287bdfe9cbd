// FrameSkimmer: reads WebSocket frames as a server sends them (RFC 6455, section 5.2), and keeps only
// the first bytes of each message. An attacker that loads a document of 50 MB must not need 50 MB.
//
// Pure state machine. It trusts the server in this: it does not check masks, reserved bits and text.
// Never reads past its input; memory is bounded by kKept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "syncline/bytes.h"

namespace syncline::cli {

class FrameSkimmer {
 public:
  static constexpr std::size_t kKept = 64 * 1024;

  struct Message {
    std::uint8_t opcode = 0;  // 1 text, 2 binary, 8 close, 9 ping, 10 pong
    ByteView beginning;       // at most kKept bytes; valid until the next call
    std::uint64_t size = 0;   // of the whole message
  };

  // Consumes bytes from the front of `input` until a message is complete. Empty: all are consumed.
  std::optional<Message> next(ByteView& input);

 private:
  bool take_header(ByteView& input);

  std::array<std::uint8_t, 14> header_{};
  std::size_t header_size_ = 0;
  bool in_frame_ = false;
  bool final_ = false;
  std::uint8_t frame_opcode_ = 0;
  std::uint64_t left_ = 0;  // of this frame
  // A message may be in several frames, and control frames may come between them.
  struct Partial {
    std::uint8_t opcode = 0;
    std::uint64_t size = 0;
    Bytes beginning;
  };
  Partial& current() { return frame_opcode_ >= 8 ? control_ : data_; }
  Partial data_;
  Partial control_;
  bool reported_ = false;  // the last call returned current()
};

}  // namespace syncline::cli
