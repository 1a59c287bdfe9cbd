// Encodes, decodes and hashes the records of events. docs/formats/log.md has the bytes.
#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/crc32c.h"
#include "base/mutation.h"
#include "log/event.h"
#include "log/event_check.h"
#include "log/event_fields.h"
#include "log/file_version.h"

namespace syncline::log {
namespace {

constexpr std::size_t kCrcBytes = 4;
constexpr std::uint8_t kPayloadKept = 0;
constexpr std::uint8_t kPayloadDropped = 1;
constexpr std::uint8_t kLeafPrefix = 0;  // RFC 6962: distinguishes leaves from inner nodes

std::size_t varint_bytes(std::uint64_t value) {
  std::size_t count = 1;
  while (value > 0x7f) ++count, value >>= 7;
  return count;
}

std::size_t prefixed(std::size_t bytes) {
  return varint_bytes(bytes) + bytes;
}

// Computes the mask of present fields and the size of all, with every varint in its shortest form.
struct FieldSizer {
  std::uint64_t mask = 0;
  std::size_t size = 0;

  template <typename Number>
  void number(Field field, Number value, std::uint64_t absent = 0) {
    if (static_cast<std::uint64_t>(value) == absent) return;
    mask |= bit(field);
    always_number(value);
  }
  template <typename Text>
  void bytes(Field field, const Text& text) {
    if (text.empty()) return;
    mask |= bit(field);
    always(text);
  }
  void flag(Field field, bool value) {
    if (value) mask |= bit(field);
  }
  void group(const Group& group) {
    if (group.size == 0) return;
    mask |= bit(Field::kGroup);
    size += varint_bytes(group.index) + varint_bytes(group.size);
  }
  void origin(const std::optional<Origin>& origin) {
    if (!origin) return;
    mask |= bit(Field::kOrigin);
    size += prefixed(origin->region.size()) + varint_bytes(origin->position);
  }
  void era(const Era& era) {
    if (era.since == 0) return;
    mask |= bit(Field::kEra);
    size += varint_bytes(era.since) + varint_bytes(era.unix_ms);
  }
  void extensions(const std::vector<Extension>& extensions) {
    if (extensions.empty()) return;
    mask |= bit(Field::kExtensions);
    always_extensions(extensions);
  }
  template <typename Text>
  void always(const Text& text) {
    size += prefixed(text.size());
  }
  template <typename Number>
  void always_number(Number value) {
    size += varint_bytes(static_cast<std::uint64_t>(value));
  }
  void always_extensions(const std::vector<Extension>& extensions) {
    size += varint_bytes(extensions.size());
    for (const Extension& extension : extensions)
      size += varint_bytes(extension.tag) + prefixed(extension.value.size());
  }
};

struct FieldWriter {
  ByteWriter& out;

  template <typename Number>
  void number(Field, Number value, std::uint64_t absent = 0) {
    if (static_cast<std::uint64_t>(value) != absent) always_number(value);
  }
  template <typename Text>
  void bytes(Field, const Text& text) {
    if (!text.empty()) always(text);
  }
  void flag(Field, bool) {}
  void group(const Group& group) {
    if (group.size == 0) return;
    out.var_uint(group.index);
    out.var_uint(group.size);
  }
  void origin(const std::optional<Origin>& origin) {
    if (!origin) return;
    out.var_string(origin->region);
    out.var_uint(origin->position);
  }
  void era(const Era& era) {
    if (era.since == 0) return;
    out.var_uint(era.since);
    out.var_uint(era.unix_ms);
  }
  void extensions(const std::vector<Extension>& extensions) {
    if (!extensions.empty()) always_extensions(extensions);
  }
  void always(const std::string& text) { out.var_string(text); }
  void always(const Bytes& bytes) { out.var_buffer(bytes); }
  template <typename Number>
  void always_number(Number value) {
    out.var_uint(static_cast<std::uint64_t>(value));
  }
  void always_extensions(const std::vector<Extension>& extensions) {
    out.var_uint(extensions.size());
    for (const Extension& extension : extensions) {
      out.var_uint(extension.tag);
      out.var_buffer(extension.value);
    }
  }
};

// Absent fields keep the value that stands for "absent".
struct FieldReader {
  ByteReader& in;
  std::uint64_t mask = 0;

  bool has(Field field) const { return (mask & bit(field)) != 0; }

  template <typename Number>
  void number(Field field, Number& value, std::uint64_t = 0) {
    if (has(field)) always_number(value);
  }
  template <typename Text>
  void bytes(Field field, Text& text) {
    if (has(field)) always(text);
  }
  void flag(Field field, bool& value) { value = has(field); }
  void group(Group& group) {
    if (!has(Field::kGroup)) return;
    always_number(group.index);
    always_number(group.size);
  }
  void origin(std::optional<Origin>& origin) {
    if (!has(Field::kOrigin)) return;
    origin.emplace();
    origin->region = in.var_string();
    origin->position = in.var_uint();
  }
  void era(Era& era) {
    if (!has(Field::kEra)) return;
    always_number(era.since);
    always_number(era.unix_ms);
  }
  void extensions(std::vector<Extension>& extensions) {
    if (has(Field::kExtensions)) always_extensions(extensions);
  }
  void always(std::string& text) { text = in.var_string(); }
  void always(Bytes& bytes) { bytes = to_bytes(in.var_buffer()); }
  template <typename Number>
  void always_number(Number& value) {
    const std::uint64_t read = in.var_uint();
    value = static_cast<Number>(read);
    if (static_cast<std::uint64_t>(value) != read) in.fail();
  }
  void always_extensions(std::vector<Extension>& extensions) {
    const std::uint64_t count = in.var_uint();
    if (count > kMaxExtensions) return in.fail();
    for (std::uint64_t index = 0; index < count && in.ok(); ++index) {
      const std::uint64_t tag = in.var_uint();
      extensions.push_back({tag, to_bytes(in.var_buffer())});
    }
  }
};

bool salted(const Event& event) {
  return event.version >= kRecordVersion;
}

struct HeaderSize {
  std::uint64_t mask = 0;  // version 1 has none
  std::size_t bytes = 0;
};

HeaderSize header_size(const Event& event) {
  FieldSizer sizer;
  sizer.size = 1 + varint_bytes(event.position) + 8 + event.previous_hash.size();
  if (!salted(event)) {
    visit_header_v1(event, sizer);
    return {0, sizer.size};
  }
  visit_header_v2(event, sizer);
  return {sizer.mask, sizer.size + varint_bytes(sizer.mask)};
}

void write_header(ByteWriter& out, const Event& event, std::uint64_t mask) {
  out.u8(event.version);
  out.var_uint(event.position);
  out.int64(static_cast<std::int64_t>(event.hlc.packed));
  out.append(ByteView(event.previous_hash));
  FieldWriter writer{out};
  if (!salted(event)) return visit_header_v1(event, writer);
  out.var_uint(mask);
  visit_header_v2(event, writer);
}

Hash256 read_hash(ByteReader& in) {
  Hash256 hash{};
  const ByteView bytes = in.bytes(hash.size());
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

// Reads the part after the version.
void read_header(ByteReader& in, Event& event) {
  event.position = in.var_uint();
  event.hlc.packed = static_cast<std::uint64_t>(in.int64());
  event.previous_hash = read_hash(in);
  FieldReader reader{in};
  if (!salted(event)) {
    event.generation = 0;
    visit_header_v1(event, reader);
    if (is_mutated(Mutation::misread_old_event)) std::swap(event.principal, event.actor);
    return;
  }
  reader.mask = in.var_uint();
  if (reader.mask >= bit(Field::kCount)) return in.fail();
  visit_header_v2(event, reader);
}

void write_payload(ByteWriter& out, const Event& event) {
  if (event.dropped_payload) {
    out.u8(kPayloadDropped);
    out.append(ByteView(*event.dropped_payload));
    return;
  }
  out.u8(kPayloadKept);
  if (salted(event)) out.append(ByteView(event.salt));
  out.var_buffer(event.intent);
  out.var_buffer(event.effect);
}

void read_payload(ByteReader& in, Event& event) {
  const std::uint8_t form = in.u8();
  if (form == kPayloadDropped) {
    event.dropped_payload = read_hash(in);
    return;
  }
  if (form != kPayloadKept) return in.fail();
  if (salted(event)) {
    const ByteView salt = in.bytes(event.salt.size());
    std::copy(salt.begin(), salt.end(), event.salt.begin());
  }
  event.intent = to_bytes(in.var_buffer());
  event.effect = to_bytes(in.var_buffer());
}

std::size_t payload_bytes(const Event& event) {
  if (event.dropped_payload) return 1 + event.dropped_payload->size();
  return 1 + (salted(event) ? event.salt.size() : 0) + prefixed(event.intent.size()) +
         prefixed(event.effect.size());
}

// `payload` is encoded as in the record, with the byte of its form.
Hash256 digest_of(const Event& event, ByteView payload) {
  if (event.dropped_payload) return *event.dropped_payload;
  const bool unsalted = salted(event) && is_mutated(Mutation::digest_without_salt);
  return sha256(payload.subspan(unsalted ? 1 + event.salt.size() : 1));
}

Hash256 hash_of(ByteView header, const Hash256& digest) {
  Sha256 hasher;
  hasher.update({&kLeafPrefix, 1});
  hasher.update(header);
  hasher.update(digest);
  return hasher.finish();
}

void write_crc(ByteWriter& out, std::uint32_t crc) {
  for (int shift = 24; shift >= 0; shift -= 8) out.u8(static_cast<std::uint8_t>(crc >> shift));
}

// The size of the header, if the event may be recorded.
Result<HeaderSize> checked_header(const Event& event, std::size_t payload) {
  if (auto ok = check_event(event); !ok) return std::unexpected(ok.error());
  const HeaderSize size = header_size(event);
  const std::size_t body = size.bytes + payload;
  if (body + kCrcBytes > kMaxRecordBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("event of {} bytes, {} are allowed", body,
                                                  kMaxRecordBytes - kCrcBytes));
  return size;
}

std::uint32_t stored_crc(ByteView record) {
  std::uint32_t crc = 0;
  for (const std::uint8_t byte : record.last(kCrcBytes)) crc = crc << 8 | byte;
  return crc;
}

// Returns the record without its checksum, after verifying the checksum and that the version is
// known.
Result<ByteView> sound_body(ByteView record) {
  if (record.size() > kMaxRecordBytes) return fail(ErrorCode::kTooLarge, "event record too large");
  if (record.size() < 1 + kCrcBytes) return fail(ErrorCode::kMalformed, "event record cut short");
  const ByteView body = record.first(record.size() - kCrcBytes);
  if (crc32c(body) != stored_crc(record))
    return fail(ErrorCode::kCorrupt, "event record fails its checksum");
  if (body[0] != kRecordVersion && body[0] != kUnsaltedVersion)
    return fail(ErrorCode::kUnsupported,
                fmt::format("event record of version {}, this build reads versions {} to {}",
                            body[0], kUnsaltedVersion, kRecordVersion));
  return body;
}

}  // namespace

EncodedEvent with_record(const Event& event, Bytes record) {
  std::optional<Numbered> numbered;
  if (event.actor_named)
    numbered = Numbered{
        {event.tenant, event.principal, event.actor}, event.actor_seq, event.last_actor_seq()};
  return {.position = event.position,
          .hlc = event.hlc,
          .era = event.era,
          .object = event.object,
          .previous_hash = event.previous_hash,
          .hash = event.hash,
          .group = event.group,
          .origin = event.origin,
          .numbered = std::move(numbered),
          .generation = event.generation,
          .file = file_named_in(event),
          .record = std::move(record)};
}

Result<EncodedEvent> encode_event(const Event& event) {
  const auto size = checked_header(event, payload_bytes(event));
  if (!size) return std::unexpected(size.error());
  ByteWriter out;
  out.reserve(size->bytes + payload_bytes(event) + kCrcBytes + 16);
  write_header(out, event, size->mask);
  const std::size_t header = out.size();
  write_payload(out, event);
  const Hash256 digest = digest_of(event, out.view().subspan(header));
  const Hash256 hash = hash_of(out.view().first(header), digest);
  write_crc(out, crc32c(out.view()));
  EncodedEvent encoded = with_record(event, out.take());
  encoded.hash = hash;
  return encoded;
}

EncodedPayload encode_payload(const Event& event, std::size_t room) {
  ByteWriter out;
  out.reserve(room + payload_bytes(event) + kCrcBytes + 16);
  out.append(ByteView(Bytes(room)));
  write_payload(out, event);
  const ByteView payload = out.view().subspan(room);
  EncodedPayload encoded{.salt = event.salt,
                         .room = room,
                         .digest = digest_of(event, payload),
                         .crc = crc32c(payload)};
  write_crc(out, 0);
  encoded.record = out.take();
  return encoded;
}

std::size_t header_bytes(const Event& event) {
  return header_size(event).bytes;
}

Result<EncodedEvent> encode_event(const Event& event, EncodedPayload payload) {
  const std::size_t bytes = payload.record.size() - payload.room - kCrcBytes;
  const auto size = checked_header(event, bytes);
  if (!size) return std::unexpected(size.error());
  ByteWriter header;
  write_header(header, event, size->mask);
  Bytes& record = payload.record;
  if (header.size() > payload.room)
    record.insert(record.begin(), header.size() - payload.room, std::uint8_t{0});
  else
    record.erase(record.begin(),
                 record.begin() + static_cast<std::ptrdiff_t>(payload.room - header.size()));
  std::ranges::copy(header.view(), record.begin());
  ByteWriter crc;
  write_crc(crc, crc32c_joined(crc32c(header.view()), payload.crc, bytes));
  std::ranges::copy(crc.view(), record.end() - std::ptrdiff_t{kCrcBytes});
  const Hash256 hash = hash_of(header.view(), payload.digest);
  EncodedEvent encoded = with_record(event, std::move(record));
  encoded.hash = hash;
  return encoded;
}

Result<Event> decode_event(ByteView record) {
  const auto sound = sound_body(record);
  if (!sound) return std::unexpected(sound.error());
  const ByteView body = *sound;
  ByteReader in(body.subspan(1));
  Event event;
  event.version = body[0];
  read_header(in, event);
  read_payload(in, event);
  // Comparing the length also refuses varints that are longer than necessary, and fields that are
  // present with the value for "absent". So an event has exactly one encoding.
  const std::size_t header = header_size(event).bytes;
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
  return header_size(event).bytes + payload_bytes(event) + kCrcBytes;
}

Hash256 payload_digest(const Event& event) {
  ByteWriter payload;
  write_payload(payload, event);
  return digest_of(event, payload.view());
}

}  // namespace syncline::log
