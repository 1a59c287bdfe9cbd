#include "log/event.h"

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/crc32c.h"
#include "base/mutation.h"
#include "base/utf8.h"

namespace syncline::log {
namespace {

constexpr std::uint8_t kRecordVersion = 1;
constexpr std::size_t kCrcBytes = 4;
constexpr std::uint8_t kPayloadKept = 0;
constexpr std::uint8_t kPayloadDropped = 1;
constexpr std::uint8_t kLeafPrefix = 0;  // RFC 6962: a leaf is no inner node

// A string that names something: bounded, UTF-8, and without NUL, which separates keys in stores.
Result<void> check_text(std::string_view what, std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes)
    return fail(ErrorCode::kTooLarge,
                fmt::format("{} of {} bytes, {} are allowed", what, text.size(), max_bytes));
  if (text.find('\0') != std::string_view::npos)
    return fail(ErrorCode::kInvalid, fmt::format("{} contains a NUL byte", what));
  if (!is_valid_utf8(text))
    return fail(ErrorCode::kInvalid, fmt::format("{} is not valid UTF-8", what));
  return {};
}

Result<void> check_name(std::string_view what, std::string_view text, std::size_t max_bytes) {
  if (text.empty()) return fail(ErrorCode::kInvalid, fmt::format("{} is empty", what));
  return check_text(what, text, max_bytes);
}

Result<void> check_extensions(const std::vector<Extension>& extensions) {
  if (extensions.size() > kMaxExtensions)
    return fail(ErrorCode::kTooLarge, "too many extension fields in an event");
  for (std::size_t index = 0; index < extensions.size(); ++index) {
    if (extensions[index].tag > kMaxSafeInteger)
      return fail(ErrorCode::kInvalid, "extension tag out of range");
    if (index > 0 && extensions[index].tag <= extensions[index - 1].tag)
      return fail(ErrorCode::kInvalid, "extension tags are not ascending");
  }
  return {};
}

// What a record must keep to, whether we write it or have read it.
Result<void> check_event(const Event& event) {
  if (event.position == 0 || event.position > kMaxSafeInteger)
    return fail(ErrorCode::kInvalid, "position out of range");
  if (event.actor_seq > kMaxSafeInteger || event.schema > kMaxSafeInteger)
    return fail(ErrorCode::kInvalid, "actor sequence or schema version out of range");
  if (event.dropped_payload && !(event.intent.empty() && event.effect.empty()))
    return fail(ErrorCode::kInvalid, "an event has a payload that is said to be dropped");
  if (auto ok = check_object_id(event.object); !ok) return ok;
  if (auto ok = check_name("event type", event.type, kMaxTypeBytes); !ok) return ok;
  if (auto ok = check_text("principal", event.principal, kMaxPrincipalBytes); !ok) return ok;
  if (auto ok = check_text("actor id", event.actor, kMaxActorBytes); !ok) return ok;
  if (auto ok = check_text("region", event.region, kMaxPlaceBytes); !ok) return ok;
  if (auto ok = check_text("node", event.node, kMaxPlaceBytes); !ok) return ok;
  if (auto ok = check_text("trace context", event.trace, kMaxTraceBytes); !ok) return ok;
  return check_extensions(event.extensions);
}

void write_header(ByteWriter& out, const Event& event) {
  out.u8(kRecordVersion);
  out.var_uint(event.position);
  out.int64(static_cast<std::int64_t>(event.hlc.packed));
  out.append(ByteView(event.previous_hash));
  out.var_uint(static_cast<std::uint16_t>(event.kind));
  out.var_string(event.principal);
  out.var_string(event.actor);
  out.var_uint(event.actor_seq);
  out.var_string(event.object);
  out.var_string(event.type);
  out.var_uint(event.schema);
  out.var_string(event.region);
  out.var_string(event.node);
  out.var_string(event.trace);
  out.var_uint(event.extensions.size());
  for (const Extension& extension : event.extensions) {
    out.var_uint(extension.tag);
    out.var_buffer(extension.value);
  }
}

void write_payload(ByteWriter& out, const Event& event) {
  if (event.dropped_payload) {
    out.u8(kPayloadDropped);
    out.append(ByteView(*event.dropped_payload));
  } else {
    out.u8(kPayloadKept);
    out.var_buffer(event.intent);
    out.var_buffer(event.effect);
  }
}

void read_extensions(ByteReader& in, Event& event) {
  const std::uint64_t count = in.var_uint();
  if (count > kMaxExtensions) return in.fail();
  for (std::uint64_t index = 0; index < count && in.ok(); ++index) {
    const std::uint64_t tag = in.var_uint();
    event.extensions.push_back({tag, to_bytes(in.var_buffer())});
  }
}

Hash256 read_hash(ByteReader& in) {
  Hash256 hash{};
  const ByteView bytes = in.bytes(hash.size());
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

void read_header(ByteReader& in, Event& event) {
  event.position = in.var_uint();
  event.hlc.packed = static_cast<std::uint64_t>(in.int64());
  event.previous_hash = read_hash(in);
  const std::uint64_t kind = in.var_uint();
  if (kind > 0xffff) return in.fail();
  event.kind = static_cast<EventKind>(kind);
  event.principal = in.var_string();
  event.actor = in.var_string();
  event.actor_seq = in.var_uint();
  event.object = in.var_string();
  event.type = in.var_string();
  event.schema = in.var_uint();
  event.region = in.var_string();
  event.node = in.var_string();
  event.trace = in.var_string();
  read_extensions(in, event);
}

void read_payload(ByteReader& in, Event& event) {
  const std::uint8_t form = in.u8();
  if (form == kPayloadKept) {
    event.intent = to_bytes(in.var_buffer());
    event.effect = to_bytes(in.var_buffer());
  } else if (form == kPayloadDropped) {
    event.dropped_payload = read_hash(in);
  } else {
    in.fail();
  }
}

std::size_t varint_bytes(std::uint64_t value) {
  std::size_t count = 1;
  while (value > 0x7f) ++count, value >>= 7;
  return count;
}

std::size_t prefixed(std::size_t bytes) {
  return varint_bytes(bytes) + bytes;
}

// Bytes of the header with every varint in its shortest form.
std::size_t header_bytes(const Event& event) {
  std::size_t total = 1 + varint_bytes(event.position) + 8 + event.previous_hash.size() +
                      varint_bytes(static_cast<std::uint16_t>(event.kind)) +
                      varint_bytes(event.actor_seq) + varint_bytes(event.schema) +
                      varint_bytes(event.extensions.size());
  for (const std::string* text : {&event.principal, &event.actor, &event.object, &event.type,
                                  &event.region, &event.node, &event.trace})
    total += prefixed(text->size());
  for (const Extension& extension : event.extensions)
    total += varint_bytes(extension.tag) + prefixed(extension.value.size());
  return total;
}

std::size_t payload_bytes(const Event& event) {
  if (event.dropped_payload) return 1 + event.dropped_payload->size();
  return 1 + prefixed(event.intent.size()) + prefixed(event.effect.size());
}

// `payload`: as in the record, its form included.
Hash256 digest_of(const Event& event, ByteView payload) {
  return event.dropped_payload ? *event.dropped_payload : sha256(payload.subspan(1));
}

Hash256 hash_of(ByteView header, const Hash256& digest) {
  Sha256 hasher;
  hasher.update({&kLeafPrefix, 1});
  hasher.update(header);
  hasher.update(digest);
  return hasher.finish();
}

std::uint32_t stored_crc(ByteView record) {
  std::uint32_t crc = 0;
  for (const std::uint8_t byte : record.last(kCrcBytes)) crc = crc << 8 | byte;
  return crc;
}

// The record without its checksum, which is right; its version is ours.
Result<ByteView> sound_body(ByteView record) {
  if (record.size() > kMaxRecordBytes) return fail(ErrorCode::kTooLarge, "event record too large");
  if (record.size() < 1 + kCrcBytes) return fail(ErrorCode::kMalformed, "event record cut short");
  const ByteView body = record.first(record.size() - kCrcBytes);
  if (crc32c(body) != stored_crc(record))
    return fail(ErrorCode::kCorrupt, "event record fails its checksum");
  if (body[0] != kRecordVersion)
    return fail(ErrorCode::kUnsupported,
                fmt::format("event record of version {}, this build reads version {}", body[0],
                            kRecordVersion));
  return body;
}

}  // namespace

Result<void> check_workspace_name(std::string_view name) {
  return check_name("workspace name", name, kMaxWorkspaceNameBytes);
}

Result<void> check_object_id(std::string_view id) {
  return check_name("object id", id, kMaxObjectIdBytes);
}

Result<EncodedEvent> encode_event(const Event& event) {
  if (auto ok = check_event(event); !ok) return std::unexpected(ok.error());
  const std::size_t body = header_bytes(event) + payload_bytes(event);
  if (body + kCrcBytes > kMaxRecordBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("event of {} bytes, {} are allowed", body,
                                                  kMaxRecordBytes - kCrcBytes));
  ByteWriter out;
  out.reserve(body + kCrcBytes + 16);
  write_header(out, event);
  const std::size_t header = out.size();
  write_payload(out, event);
  const Hash256 digest = digest_of(event, out.view().subspan(header));
  EncodedEvent encoded{event.position,
                       event.hlc,
                       event.object,
                       event.previous_hash,
                       hash_of(out.view().first(header), digest),
                       {}};
  const std::uint32_t crc = crc32c(out.view());
  for (int shift = 24; shift >= 0; shift -= 8) out.u8(static_cast<std::uint8_t>(crc >> shift));
  encoded.record = out.take();
  return encoded;
}

Result<Event> decode_event(ByteView record) {
  const auto sound = sound_body(record);
  if (!sound) return std::unexpected(sound.error());
  const ByteView body = *sound;
  ByteReader in(body.subspan(1));
  Event event;
  read_header(in, event);
  read_payload(in, event);
  // The length test also refuses varints longer than they need be: one event, one encoding.
  const std::size_t header = header_bytes(event);
  if (!in.ok() || !in.at_end() || header + payload_bytes(event) != body.size())
    return fail(ErrorCode::kMalformed, "event record does not decode");
  if (auto ok = check_event(event); !ok)
    return fail(ErrorCode::kMalformed, "event record: " + ok.error().message);
  event.hash = hash_of(body.first(header), digest_of(event, body.subspan(header)));
  return event;
}

Result<EventLink> decode_link(ByteView record) {
  const auto body = sound_body(record);
  if (!body) return std::unexpected(body.error());
  ByteReader in(body->subspan(1));
  EventLink link;
  link.position = in.var_uint();
  in.int64();
  link.previous_hash = read_hash(in);
  if (!in.ok()) return fail(ErrorCode::kMalformed, "event record does not decode");
  return link;
}

std::size_t record_bytes(const Event& event) {
  return header_bytes(event) + payload_bytes(event) + kCrcBytes;
}

Hash256 payload_digest(const Event& event) {
  ByteWriter payload;
  write_payload(payload, event);
  return digest_of(event, payload.view());
}

Event without_payload(Event event) {
  event.dropped_payload = payload_digest(event);
  event.intent.clear();
  event.effect.clear();
  return event;
}

Result<EncodedEvent> EventChain::seal(Event& event, std::uint64_t unix_ms) {
  HlcClock clock = clock_;
  event.position = head_.last_position + 1;
  event.hlc = clock.tick(unix_ms);
  if (is_mutated(Mutation::stamp_with_wall_clock)) event.hlc = HlcStamp::of(unix_ms, 0);
  event.previous_hash = head_.last_hash;
  Result<EncodedEvent> encoded = encode_event(event);
  if (!encoded) return encoded;
  event.hash = encoded->hash;
  clock_ = clock;
  head_ = {event.position, event.hash, event.hlc};
  return encoded;
}

}  // namespace syncline::log
