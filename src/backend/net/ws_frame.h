// WebSocket framing as a pure state machine (RFC 6455 section 5), for the server's side. The caller
// passes the client's bytes in pieces and gets whole messages and control frames.
//
// Strict: client frames must be masked, reserved bits must be zero, lengths must be in their
// shortest form, control frames must be unfragmented with at most 125 bytes, text and close reasons
// must be valid UTF-8, and close codes must be known. Memory grows with the bytes received, never
// with a length that a header claims. Of a binary message over the limit, only the beginning is
// kept and returned (kTooBig); the rest is skipped, and later messages are processed as usual. A
// text message over the limit is an error, because this server accepts no text.
//
//   WsParser parser(limit);
//   std::span<std::uint8_t> input = …;          // unmasked in place
//   for (;;) switch (auto event = parser.next(input); event.kind) …   // until kNeedMore
//
// A message that is completely inside `input` is returned as a view into it, without a copy.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "backend/net/utf8_check.h"
#include "base/growing_bytes.h"
#include "syncline/bytes.h"

namespace syncline::backend {

enum class WsOpcode : std::uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xa,
};

// The close codes that this folder uses itself (RFC 6455 section 7.4.1).
inline constexpr std::uint16_t kWsNormal = 1000;
inline constexpr std::uint16_t kWsGoingAway = 1001;
inline constexpr std::uint16_t kWsProtocolError = 1002;
inline constexpr std::uint16_t kWsUnsupportedData = 1003;
inline constexpr std::uint16_t kWsNoCode = 1005;    // never on the wire
inline constexpr std::uint16_t kWsAbnormal = 1006;  // never on the wire
inline constexpr std::uint16_t kWsInvalidText = 1007;
inline constexpr std::uint16_t kWsTooBig = 1009;
inline constexpr std::uint16_t kWsTryAgainLater = 1013;

// True if a close frame may contain `code`.
bool is_ws_close_code(std::uint16_t code);

inline constexpr std::size_t kWsControlMax = 125;

// A frame header as a server writes it: final and unmasked.
struct WsHeader {
  std::array<std::uint8_t, 10> bytes;
  std::uint8_t size;

  ByteView view() const { return {bytes.data(), size}; }
};
WsHeader ws_frame_header(WsOpcode opcode, std::uint64_t payload_size);

struct WsEvent {
  enum class Kind : std::uint8_t {
    kNeedMore,  // all input is consumed
    kBinary,    // a whole message
    kText,      // a whole message, valid UTF-8
    kTooBig,    // the beginning of a message over the limit
    kPing,
    kPong,
    kClose,  // code is kWsNoCode if the frame has none; payload is the reason
    kError,  // close with `code`; the parser must not be used again
  };

  Kind kind;
  std::uint16_t code = 0;
  ByteView payload = {};          // valid until the next call, as long as the input exists
  std::string_view problem = {};  // kError: a static text that describes it
};

class WsParser {
 public:
  // For a message over the limit, returns `beginning_bytes` bytes, or the limit if that is less.
  explicit WsParser(std::size_t max_message_bytes, std::uint32_t beginning_bytes = 2048)
      : max_message_bytes_(max_message_bytes),
        beginning_bytes_(
            static_cast<std::uint32_t>(std::min<std::size_t>(beginning_bytes, max_message_bytes))) {
  }

  // Another limit from the next frame on.
  void set_limit(std::size_t max_message_bytes) { max_message_bytes_ = max_message_bytes; }
  std::size_t limit() const { return max_message_bytes_; }

  // Consumes bytes from the front of `input`.
  WsEvent next(std::span<std::uint8_t>& input);

  // Gives away the memory of the message that next() has returned last, so that its view is valid as long
  // as the answer exists. nullptr: that message is a part of the input, or was given away already.
  std::shared_ptr<const void> keep();

  // The memory that is held for an incomplete message.
  std::size_t buffered_bytes() const {
    return partial_.capacity() + (control_ == nullptr ? 0 : control_->capacity());
  }

 private:
  enum class State : std::uint8_t { kHeader, kPayload };

  bool take_header(std::span<std::uint8_t>& input);
  WsEvent start_frame();
  WsEvent check_data_frame(WsOpcode opcode);
  WsEvent take_payload(std::span<std::uint8_t>& input);
  bool holds_a_part() const;
  GrowingBytes& store();
  void grow(GrowingBytes& store, std::size_t more) const;
  WsEvent finish_control(ByteView payload);
  WsEvent finish_close(ByteView payload);
  WsEvent finish_data(ByteView payload);
  WsEvent skip(ByteView piece, bool frame_whole);
  void unmask(std::span<std::uint8_t> bytes);
  bool is_control() const { return (static_cast<std::uint8_t>(opcode_) & 0x8) != 0; }

  std::size_t max_message_bytes_;
  std::uint64_t remaining_ = 0;  // payload bytes of this frame that have not arrived
  GrowingBytes partial_;         // of the message in progress
  std::unique_ptr<GrowingBytes>
      control_;  // of a control frame that arrived in pieces; nullptr: none did
  std::uint32_t beginning_bytes_;
  std::array<std::uint8_t, 14> header_{};
  std::uint8_t header_size_ = 0;
  std::array<std::uint8_t, 4> mask_{};
  std::uint8_t mask_at_ = 0;
  State state_ = State::kHeader;
  WsOpcode opcode_ = WsOpcode::kContinuation;
  bool final_ = false;
  bool delivered_ = false;   // the last event returned partial_ or control_
  bool in_message_ = false;  // a data message has begun and not ended
  bool message_is_text_ = false;
  bool skipping_ = false;   // the current message is over the limit
  bool announced_ = false;  // and its beginning was returned
  Utf8Check utf8_;
};

}  // namespace syncline::backend
