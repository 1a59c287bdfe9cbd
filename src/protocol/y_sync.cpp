#include "protocol/y_sync.h"

#include <array>
#include <initializer_list>

#include "base/byte_reader.h"

namespace syncline::protocol {
namespace {

enum YType : std::uint64_t {
  kYSync = 0,
  kYAwareness = 1,
  kYAuth = 2,
  kYQueryAwareness = 3,
  kYSaved = 100,
  kYStatus = 101
};

constexpr std::uint64_t kPermissionDenied = 0;

// A message of these numbers, each below 128, and a payload. Everything that is sent often has this form, so it
// gets exactly the memory that it needs, in one allocation.
Bytes message_of(std::initializer_list<std::uint64_t> numbers, ByteView payload) {
  std::array<std::uint8_t, 2 + ByteWriter::kMaxVarint> head;
  std::uint8_t* end = head.data();
  for (const std::uint64_t number : numbers) end = ByteWriter::put_var_uint(end, number);
  end = ByteWriter::put_var_uint(end, payload.size());
  Bytes message;
  message.reserve(static_cast<std::size_t>(end - head.data()) + payload.size());
  message.insert(message.end(), head.data(), end);
  message.insert(message.end(), payload.begin(), payload.end());
  return message;
}

}  // namespace

Result<YMessage> decode_sync_body(ByteReader& in) {
  const std::uint64_t kind = in.var_uint();
  const ByteView payload = in.var_buffer();
  if (!in.ok()) return fail(ErrorCode::kMalformed, "sync message is cut");
  if (kind > static_cast<std::uint64_t>(SyncKind::kUpdate)) {
    return fail(ErrorCode::kMalformed, "unknown sync message " + std::to_string(kind));
  }
  return YMessage{YMessage::Kind::kSync, static_cast<SyncKind>(kind), payload};
}

Result<YMessage> take_y_message(ByteView& frame) {
  ByteReader in(frame);
  const std::uint64_t type = in.var_uint();
  if (!in.ok()) return fail(ErrorCode::kMalformed, "message without a type");
  YMessage decoded;
  if (type == kYSync) {
    auto body = decode_sync_body(in);
    if (!body) return body;
    decoded = *body;
  } else if (type == kYAwareness) {
    decoded = {.kind = YMessage::Kind::kAwareness, .payload = in.var_buffer()};
    if (!in.ok()) return fail(ErrorCode::kMalformed, "awareness message is cut");
  } else if (type == kYQueryAwareness) {
    decoded.kind = YMessage::Kind::kQueryAwareness;
  } else {
    in.rest();
  }
  frame = frame.subspan(in.position());
  return decoded;
}

Result<void> check_y_frame(ByteView frame) {
  for (std::size_t messages = 1;; ++messages) {
    if (messages > kMaxYMessagesInFrame) {
      return fail(ErrorCode::kTooLarge, "more than " + std::to_string(kMaxYMessagesInFrame) +
                                            " messages in one WebSocket message");
    }
    if (auto message = take_y_message(frame); !message)
      return std::unexpected(std::move(message.error()));
    if (frame.empty()) return {};
  }
}

Result<YMessage> decode_y_message(ByteView message) {
  auto decoded = take_y_message(message);
  if (decoded && !message.empty())
    return fail(ErrorCode::kMalformed, "bytes behind the end of the message");
  return decoded;
}

void write_sync(ByteWriter& out, SyncKind kind, ByteView payload) {
  out.var_uint(kYSync);
  out.var_uint(static_cast<std::uint64_t>(kind));
  out.var_buffer(payload);
}

Bytes encode_y_sync(SyncKind kind, ByteView payload) {
  return message_of({kYSync, static_cast<std::uint64_t>(kind)}, payload);
}

Bytes encode_y_awareness(ByteView update) {
  return message_of({kYAwareness}, update);
}

Bytes encode_y_denied(std::string_view reason) {
  ByteWriter out;
  out.var_uint(kYAuth);
  out.var_uint(kPermissionDenied);
  out.var_string(reason);
  return out.take();
}

Bytes encode_y_saved(std::uint64_t updates) {
  ByteWriter out;
  out.var_uint(kYSaved);
  out.var_uint(updates);
  return out.take();
}

Bytes encode_y_status(YStatus status, std::string_view reason) {
  ByteWriter out;
  out.var_uint(kYStatus);
  out.var_uint(static_cast<std::uint64_t>(status));
  out.var_string(reason);
  return out.take();
}

}  // namespace syncline::protocol
