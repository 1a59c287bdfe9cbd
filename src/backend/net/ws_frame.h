// WebSocket framing as a pure state machine (RFC 6455 section 5), the server's side: what a client
// sends goes in piece by piece, whole messages and control frames come out.
//
// Strict: client frames must be masked, reserved bits zero, lengths in their shortest form, control
// frames whole and at most 125 bytes, text and close reasons valid UTF-8, close codes known.
// Memory grows with bytes received, never with a length that a header claims. Of a binary message over
// the limit only the beginning is kept and handed out (kTooBig); the rest is skipped, and the messages
// behind it are taken as any other. A text message over the limit is an error: nobody here takes text.
//
//   WsParser parser(limit);
//   std::span<std::uint8_t> input = …;          // unmasked in place
//   for (;;) switch (auto event = parser.next(input); event.kind) …   // until kNeedMore
//
// A message that lies whole in `input` is handed out as a view of it, without a copy.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "backend/net/utf8_check.h"
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

// Close codes that this folder itself uses (RFC 6455 section 7.4.1).
inline constexpr std::uint16_t kWsNormal = 1000;
inline constexpr std::uint16_t kWsGoingAway = 1001;
inline constexpr std::uint16_t kWsProtocolError = 1002;
inline constexpr std::uint16_t kWsUnsupportedData = 1003;
inline constexpr std::uint16_t kWsNoCode = 1005;    // never on the wire
inline constexpr std::uint16_t kWsAbnormal = 1006;  // never on the wire
inline constexpr std::uint16_t kWsInvalidText = 1007;
inline constexpr std::uint16_t kWsTooBig = 1009;

// May `code` stand in a close frame?
bool is_ws_close_code(std::uint16_t code);

inline constexpr std::size_t kWsControlMax = 125;

// A frame header as a server writes it, final and unmasked.
struct WsHeader {
  std::array<std::uint8_t, 10> bytes;
  std::uint8_t size;

  ByteView view() const { return {bytes.data(), size}; }
};
WsHeader ws_frame_header(WsOpcode opcode, std::uint64_t payload_size);

struct WsEvent {
  enum class Kind : std::uint8_t {
    kNeedMore,  // the input is used up
    kBinary,    // a whole message
    kText,      // a whole message, valid UTF-8
    kTooBig,    // a message over the limit has begun; payload is its beginning
    kPing,
    kPong,
    kClose,  // code is kWsNoCode when the frame had none; payload is the reason
    kError,  // fail the connection with `code`; the parser must not be used again
  };

  Kind kind;
  std::uint16_t code = 0;
  ByteView payload = {};          // valid until the next call, and while the input is
  std::string_view problem = {};  // kError: what is wrong, static text
};

class WsParser {
 public:
  // Of a message over the limit `beginning_bytes` are handed out, or as many as the limit if that is less.
  explicit WsParser(std::size_t max_message_bytes, std::size_t beginning_bytes = 2048)
      : max_message_bytes_(max_message_bytes),
        beginning_bytes_(std::min(beginning_bytes, max_message_bytes)) {}

  // Takes bytes from the front of `input`.
  WsEvent next(std::span<std::uint8_t>& input);

  // Bytes held for a message that is not whole yet.
  std::size_t buffered_bytes() const { return partial_.size() + control_.size(); }

 private:
  enum class State : std::uint8_t { kHeader, kPayload };

  bool take_header(std::span<std::uint8_t>& input);
  WsEvent start_frame();
  WsEvent check_data_frame(WsOpcode opcode);
  WsEvent take_payload(std::span<std::uint8_t>& input);
  WsEvent finish_control(ByteView payload);
  WsEvent finish_close(ByteView payload);
  WsEvent finish_data(ByteView payload);
  WsEvent skip(ByteView piece, bool frame_whole);
  void unmask(std::span<std::uint8_t> bytes);
  bool is_control() const { return (static_cast<std::uint8_t>(opcode_) & 0x8) != 0; }

  std::size_t max_message_bytes_;
  std::size_t beginning_bytes_;
  std::uint64_t remaining_ = 0;  // payload bytes of this frame still to come
  Bytes partial_;                // of the message in progress
  Bytes control_;                // of a control frame that arrived in pieces
  std::array<std::uint8_t, 14> header_{};
  std::uint8_t header_size_ = 0;
  std::array<std::uint8_t, 4> mask_{};
  std::uint8_t mask_at_ = 0;
  State state_ = State::kHeader;
  WsOpcode opcode_ = WsOpcode::kContinuation;
  bool final_ = false;
  bool delivered_ = false;   // partial_ or control_ was handed out by the last event
  bool in_message_ = false;  // a data message has begun and has not ended
  bool message_is_text_ = false;
  bool skipping_ = false;   // the message in progress is over the limit
  bool announced_ = false;  // and its beginning was handed out
  Utf8Check utf8_;
};

}  // namespace syncline::backend
