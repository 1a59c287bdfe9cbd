#include "load/dialect.h"

#include "base/byte_reader.h"

namespace syncline::bench {
namespace {

constexpr std::uint64_t kSync = 0;
constexpr std::uint64_t kAwareness = 1;
constexpr std::uint64_t kAuth = 2;
constexpr std::uint64_t kSyncReply = 4;
constexpr std::uint64_t kStatus = 8;
constexpr std::uint8_t kPing = 9;
constexpr std::uint8_t kPong = 10;
constexpr std::uint64_t kSaved = 100;

constexpr std::uint64_t kDeniedAuth = 1;
// The version that the published provider sends.
constexpr std::string_view kProviderVersion = "4.8.0";

void write_address(ByteWriter& out, Dialect dialect, std::string_view document) {
  if (dialect == Dialect::kHocuspocus) out.var_string(document);
}

Incoming read_sync(ByteReader& in) {
  switch (in.var_uint()) {
    case 0: return {.kind = Incoming::Kind::kStep1};
    case 1: return {.kind = Incoming::Kind::kStep2, .payload = in.var_buffer()};
    case 2: return {.kind = Incoming::Kind::kUpdate, .payload = in.var_buffer()};
    default: return {};
  }
}

Incoming read_body(ByteReader& in, Dialect dialect) {
  const std::uint64_t type = in.var_uint();
  if (type == kSync) return read_sync(in);
  if (type == kAwareness) return {.kind = Incoming::Kind::kAwareness, .payload = in.var_buffer()};
  if (dialect == Dialect::kYWebsocket) {
    if (type == kAuth) return {.kind = Incoming::Kind::kDenied};
    if (type == kSaved) return {.kind = Incoming::Kind::kSaved, .updates = in.var_uint()};
    return {.kind = Incoming::Kind::kOther};
  }
  if (type == kSyncReply) return read_sync(in);
  if (type == kAuth)
    return {.kind =
                in.var_uint() == kDeniedAuth ? Incoming::Kind::kDenied : Incoming::Kind::kOther};
  if (type == kStatus) return {.kind = Incoming::Kind::kSaved, .updates = in.var_uint()};
  if (type == kPing) return {.kind = Incoming::Kind::kPing};
  return {.kind = Incoming::Kind::kOther};
}

}  // namespace

Incoming read_message(Dialect dialect, ByteView message) {
  ByteReader in(message);
  if (dialect == Dialect::kHocuspocus) {
    // Some published versions send their ping without an address.
    if (message.size() == 1 && message[0] == kPing) return {.kind = Incoming::Kind::kPing};
    in.var_buffer();
  }
  const Incoming incoming = read_body(in, dialect);
  return in.ok() ? incoming : Incoming{};
}

void write_sync(ByteWriter& out, Dialect dialect, std::string_view document, Sync kind,
                ByteView payload) {
  write_address(out, dialect, document);
  out.var_uint(kSync);
  out.var_uint(static_cast<std::uint64_t>(kind));
  out.var_buffer(payload);
}

void write_awareness(ByteWriter& out, Dialect dialect, std::string_view document,
                     std::uint64_t client, std::uint32_t clock, std::string_view json) {
  ByteWriter update;
  update.var_uint(1);
  update.var_uint(client);
  update.var_uint(clock);
  update.var_string(json);
  write_address(out, dialect, document);
  out.var_uint(kAwareness);
  out.var_buffer(update.view());
}

void write_token(ByteWriter& out, std::string_view document, std::string_view token) {
  write_address(out, Dialect::kHocuspocus, document);
  out.var_uint(kAuth);
  out.var_uint(0);
  out.var_string(token);
  out.var_string(kProviderVersion);
}

void write_pong(ByteWriter& out) {
  out.u8(kPong);
}

}  // namespace syncline::bench
