#include "protocol/hocuspocus.h"

#include "base/byte_reader.h"

namespace syncline::protocol {
namespace {

using Kind = HocuspocusMessage::Kind;

enum HocuspocusType : std::uint64_t {
  kSync = 0,
  kAwareness = 1,
  kAuth = 2,
  kQueryAwareness = 3,
  kSyncReply = 4,
  kStateless = 5,
  kBroadcast = 6,
  kClose = 7,
  kStatus = 8,
  kPing = 9,
  kPong = 10,
};

enum Auth : std::uint64_t { kToken = 0, kDenied = 1, kAuthenticated = 2 };

Result<void> decode_auth(ByteReader& in, HocuspocusMessage& message) {
  if (in.var_uint() != kToken) {
    return fail(ErrorCode::kMalformed, "a client's auth message carries a token");
  }
  message.kind = Kind::kToken;
  message.text = in.var_string();
  if (in.ok() && !in.at_end()) message.client_version = in.var_string();
  in.rest();  // fields of later versions
  return {};
}

Result<void> decode_body(ByteReader& in, HocuspocusMessage& message) {
  const std::uint64_t type = in.var_uint();
  switch (type) {
    case kSync:
    case kSyncReply: {
      auto body = decode_sync_body(in);
      if (!body) return std::unexpected(std::move(body.error()));
      message.kind = Kind::kSync;
      message.sync = body->sync;
      message.payload = body->payload;
      message.reply = type == kSyncReply;
      return {};
    }
    case kAwareness:
      message.kind = Kind::kAwareness;
      message.payload = in.var_buffer();
      return {};
    case kAuth: return decode_auth(in, message);
    case kQueryAwareness: message.kind = Kind::kQueryAwareness; return {};
    case kStateless:
    case kBroadcast:
      message.kind = type == kStateless ? Kind::kStateless : Kind::kBroadcast;
      message.text = in.var_string();
      return {};
    case kClose:
      message.kind = Kind::kClose;
      if (!in.at_end()) message.text = in.var_string();
      return {};
    case kPing: message.kind = Kind::kPing; return {};
    case kPong: message.kind = Kind::kPong; return {};
    default: in.rest(); return {};
  }
}

ByteWriter begin(std::string_view address, HocuspocusType type) {
  ByteWriter out;
  out.var_string(address);
  out.var_uint(type);
  return out;
}

Bytes encode_text(std::string_view address, HocuspocusType type, std::string_view text) {
  ByteWriter out = begin(address, type);
  out.var_string(text);
  return out.take();
}

Bytes encode_sync(std::string_view address, HocuspocusType type, SyncKind kind, ByteView payload) {
  ByteWriter out = begin(address, type);
  out.var_uint(static_cast<std::uint64_t>(kind));
  out.var_buffer(payload);
  return out.take();
}

}  // namespace

HocuspocusAddress split_address(std::string_view address) {
  const std::size_t nul = address.find('\0');
  if (nul == std::string_view::npos) return {address, {}};
  return {address.substr(0, nul), address.substr(nul + 1)};
}

Result<HocuspocusMessage> decode_hocuspocus(ByteView bytes) {
  if (bytes.size() == 1 && (bytes[0] == kPing || bytes[0] == kPong)) {
    return HocuspocusMessage{.kind = bytes[0] == kPing ? Kind::kPing : Kind::kPong};
  }
  ByteReader in(bytes);
  HocuspocusMessage message;
  message.address = in.var_string();
  if (!in.ok()) return fail(ErrorCode::kMalformed, "message without a document name");
  if (auto body = decode_body(in, message); !body) return std::unexpected(std::move(body.error()));
  if (!in.ok()) return fail(ErrorCode::kMalformed, "message is cut");
  if (!in.at_end()) return fail(ErrorCode::kMalformed, "bytes behind the end of the message");
  return message;
}

Bytes encode_hocuspocus_sync(std::string_view address, SyncKind kind, ByteView payload) {
  return encode_sync(address, kSync, kind, payload);
}

Bytes encode_hocuspocus_sync_reply(std::string_view address, SyncKind kind, ByteView payload) {
  return encode_sync(address, kSyncReply, kind, payload);
}

Bytes encode_hocuspocus_awareness(std::string_view address, ByteView update) {
  ByteWriter out = begin(address, kAwareness);
  out.var_buffer(update);
  return out.take();
}

Bytes encode_hocuspocus_authenticated(std::string_view address, bool read_only) {
  ByteWriter out = begin(address, kAuth);
  out.var_uint(kAuthenticated);
  out.var_string(read_only ? "readonly" : "read-write");
  return out.take();
}

Bytes encode_hocuspocus_token_wanted(std::string_view address) {
  ByteWriter out = begin(address, kAuth);
  out.var_uint(kToken);
  return out.take();
}

Bytes encode_hocuspocus_denied(std::string_view address, std::string_view reason) {
  ByteWriter out = begin(address, kAuth);
  out.var_uint(kDenied);
  out.var_string(reason);
  return out.take();
}

Bytes encode_hocuspocus_stateless(std::string_view address, std::string_view payload) {
  return encode_text(address, kStateless, payload);
}

Bytes encode_hocuspocus_close(std::string_view address, std::string_view reason) {
  return encode_text(address, kClose, reason);
}

Bytes encode_hocuspocus_status(std::string_view address, bool saved) {
  ByteWriter out = begin(address, kStatus);
  out.var_uint(saved ? 1 : 0);
  return out.take();
}

Bytes encode_hocuspocus_pong(std::string_view address) {
  return begin(address, kPong).take();
}

}  // namespace syncline::protocol
