#include "backend/net/ws_frame.h"

#include <algorithm>
#include <cstring>

namespace syncline::backend {
namespace {

using Kind = WsEvent::Kind;

WsEvent error(std::uint16_t code, std::string_view problem) {
  return {Kind::kError, code, {}, problem};
}

WsEvent protocol_error(std::string_view problem) {
  return error(kWsProtocolError, problem);
}

std::size_t length_size(std::uint8_t second_byte) {
  switch (second_byte & 0x7f) {
    case 126: return 2;
    case 127: return 8;
    default: return 0;
  }
}

std::uint64_t big_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

}  // namespace

bool is_ws_close_code(std::uint16_t code) {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

WsHeader ws_frame_header(WsOpcode opcode, std::uint64_t payload_size) {
  WsHeader header{};
  header.bytes[0] = 0x80 | static_cast<std::uint8_t>(opcode);
  int length_bytes = 0;
  if (payload_size < 126) {
    header.bytes[1] = static_cast<std::uint8_t>(payload_size);
  } else {
    length_bytes = payload_size <= 0xffff ? 2 : 8;
    header.bytes[1] = length_bytes == 2 ? 126 : 127;
  }
  for (int i = 0; i < length_bytes; ++i)
    header.bytes[static_cast<std::size_t>(2 + i)] =
        static_cast<std::uint8_t>(payload_size >> (8 * (length_bytes - 1 - i)));
  header.size = static_cast<std::uint8_t>(2 + length_bytes);
  return header;
}

WsEvent WsParser::next(std::span<std::uint8_t>& input) {
  if (delivered_) {
    // Frees the memory, so that an idle connection holds no buffer, however large its last message
    // was.
    is_control() ? control_.reset() : partial_.clear();
    delivered_ = false;
  }
  for (;;) {
    if (state_ == State::kHeader) {
      if (!take_header(input)) return {Kind::kNeedMore};
      if (const WsEvent event = start_frame(); event.kind == Kind::kError) return event;
    }
    const WsEvent event = take_payload(input);
    if (event.kind != Kind::kNeedMore || state_ == State::kPayload) return event;
  }
}

std::shared_ptr<const void> WsParser::keep() {
  if (!delivered_ || is_control()) return nullptr;
  delivered_ = false;
  return std::make_shared<const GrowingBytes>(std::move(partial_));
}

// Collects a whole header. The flags of the first two bytes are checked when it is complete, at
// most 12 bytes later. Until then nothing is allocated.
bool WsParser::take_header(std::span<std::uint8_t>& input) {
  for (;;) {
    std::size_t need = 2;
    if (header_size_ >= 2) need += length_size(header_[1]) + ((header_[1] & 0x80) != 0 ? 4 : 0);
    if (header_size_ == need) return true;
    const std::size_t take = std::min(need - header_size_, input.size());
    if (take == 0) return false;
    std::memcpy(header_.data() + header_size_, input.data(), take);
    header_size_ += static_cast<std::uint8_t>(take);
    input = input.subspan(take);
  }
}

WsEvent WsParser::start_frame() {
  const std::uint8_t first = header_[0];
  const std::uint8_t second = header_[1];
  if ((first & 0x70) != 0) return protocol_error("reserved bits are set");
  if ((second & 0x80) == 0) return protocol_error("client frame is not masked");

  const std::size_t extra = length_size(second);
  remaining_ = extra == 0 ? second & 0x7f : big_endian({header_.data() + 2, extra});
  if ((extra == 2 && remaining_ < 126) || (extra == 8 && remaining_ <= 0xffff))
    return protocol_error("length is not in its shortest form");
  if (remaining_ >> 63 != 0) return protocol_error("length has its top bit set");

  std::memcpy(mask_.data(), header_.data() + 2 + extra, mask_.size());
  mask_at_ = 0;
  header_size_ = 0;
  final_ = (first & 0x80) != 0;
  opcode_ = static_cast<WsOpcode>(first & 0x0f);
  state_ = State::kPayload;

  switch (opcode_) {
    case WsOpcode::kContinuation:
    case WsOpcode::kText:
    case WsOpcode::kBinary: return check_data_frame(opcode_);
    case WsOpcode::kClose:
    case WsOpcode::kPing:
    case WsOpcode::kPong:
      if (!final_) return protocol_error("control frame is fragmented");
      if (remaining_ > kWsControlMax) return protocol_error("control frame is too long");
      return {Kind::kNeedMore};
  }
  return protocol_error("unknown opcode");
}

WsEvent WsParser::check_data_frame(WsOpcode opcode) {
  if (opcode == WsOpcode::kContinuation) {
    if (!in_message_) return protocol_error("continuation without a message");
  } else {
    if (in_message_) return protocol_error("new message inside a fragmented one");
    in_message_ = true;
    message_is_text_ = opcode == WsOpcode::kText;
    utf8_ = {};
  }
  // A message that began under a higher limit may be larger already.
  const std::size_t room = max_message_bytes_ - std::min(max_message_bytes_, partial_.size());
  if (!skipping_ && remaining_ > room) {
    if (message_is_text_) return error(kWsTooBig, "message is too big");
    skipping_ = true;
    if (partial_.size() > beginning_bytes_) partial_.truncate(beginning_bytes_);
  }
  return {Kind::kNeedMore};
}

bool WsParser::holds_a_part() const {
  return is_control() ? control_ != nullptr : !partial_.empty();
}

// Where the pieces of this frame, and of its message, are collected.
GrowingBytes& WsParser::store() {
  if (!is_control()) return partial_;
  if (control_ == nullptr) control_ = std::make_unique<GrowingBytes>();
  return *control_;
}

// Makes room for `more` bytes: doubles the memory, but takes no more than the frame says that it will need.
void WsParser::grow(GrowingBytes& store, std::size_t more) const {
  const std::size_t needed = store.size() + more;
  if (needed <= store.capacity()) return;
  const std::uint64_t most = needed + remaining_;
  store.reserve(std::max<std::size_t>(needed, std::min<std::uint64_t>(2 * store.capacity(), most)));
}

WsEvent WsParser::take_payload(std::span<std::uint8_t>& input) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
  const auto piece = input.first(size);
  input = input.subspan(size);
  remaining_ -= size;
  unmask(piece);
  const bool frame_whole = remaining_ == 0;

  if (!is_control() && skipping_) return skip(piece, frame_whole);
  if (!is_control() && message_is_text_ && !utf8_.feed(piece))
    return error(kWsInvalidText, "text is not UTF-8");

  const bool ends = frame_whole && (is_control() || final_);
  ByteView whole = piece;
  if (!ends || holds_a_part()) {
    GrowingBytes& collected = store();
    grow(collected, piece.size());
    collected.append(piece);
    whole = collected.view();
    delivered_ = ends;
  }
  if (!frame_whole) return {Kind::kNeedMore};
  state_ = State::kHeader;
  if (!ends) return {Kind::kNeedMore};
  return is_control() ? finish_control(whole) : finish_data(whole);
}

// Makes the same events for any division into pieces: the beginning is returned once it is
// complete.
WsEvent WsParser::skip(ByteView piece, bool frame_whole) {
  const bool ends = frame_whole && final_;
  if (frame_whole) state_ = State::kHeader;
  if (!announced_) {
    const std::size_t take = std::min(piece.size(), beginning_bytes_ - partial_.size());
    partial_.append(piece.first(take));
  }
  const bool announce = !announced_ && (partial_.size() == beginning_bytes_ || ends);
  announced_ = announced_ || announce;
  if (ends) in_message_ = skipping_ = announced_ = false;
  if (!announce) return {Kind::kNeedMore};
  delivered_ = true;
  return {Kind::kTooBig, 0, partial_.view()};
}

WsEvent WsParser::finish_control(ByteView payload) {
  switch (opcode_) {
    case WsOpcode::kPing: return {Kind::kPing, 0, payload};
    case WsOpcode::kPong: return {Kind::kPong, 0, payload};
    default: return finish_close(payload);
  }
}

WsEvent WsParser::finish_close(ByteView payload) {
  if (payload.empty()) return {Kind::kClose, kWsNoCode};
  if (payload.size() == 1) return protocol_error("close code is cut short");
  const auto code = static_cast<std::uint16_t>(big_endian(payload.first(2)));
  if (!is_ws_close_code(code)) return protocol_error("close code is not allowed");
  if (!is_utf8(payload.subspan(2))) return error(kWsInvalidText, "close reason is not UTF-8");
  return {Kind::kClose, code, payload.subspan(2)};
}

WsEvent WsParser::finish_data(ByteView payload) {
  in_message_ = false;
  if (!message_is_text_) return {Kind::kBinary, 0, payload};
  if (!utf8_.complete()) return error(kWsInvalidText, "text is not UTF-8");
  return {Kind::kText, 0, payload};
}

// Processes eight bytes at a time. Uses memcpy, because the payload is not aligned.
void WsParser::unmask(std::span<std::uint8_t> bytes) {
  std::array<std::uint8_t, 8> pattern;
  for (std::size_t i = 0; i < 8; ++i) pattern[i] = mask_[(mask_at_ + i) & 3];
  std::uint64_t wide;
  std::memcpy(&wide, pattern.data(), sizeof wide);

  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    word ^= wide;
    std::memcpy(bytes.data() + at, &word, sizeof word);
  }
  for (; at < bytes.size(); ++at) bytes[at] ^= pattern[at & 7];
  mask_at_ = static_cast<std::uint8_t>((mask_at_ + bytes.size()) & 3);
}

}  // namespace syncline::backend
