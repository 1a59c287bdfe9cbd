#include "log/bundle.h"

#include "base/byte_writer.h"
#include "base/crc32c.h"
#include "log/bundle_kinds.h"

namespace syncline::log {
namespace {

void put_big_endian(ByteWriter& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.u8(static_cast<std::uint8_t>(value >> shift));
}

void set_big_endian(std::uint8_t* to, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) *to++ = static_cast<std::uint8_t>(value >> shift);
}

// Room for what may be large in a section; the rest grows by itself.
std::size_t large_parts(const BundleSection& section) {
  constexpr std::size_t kBesides = 256;
  if (const auto* events = std::get_if<BundleEvents>(&section)) {
    std::size_t bytes = kBesides;
    for (const ByteView record : events->records) bytes += record.size() + ByteWriter::kMaxVarint;
    return bytes;
  }
  const auto* snapshot = std::get_if<BundleSnapshot>(&section);
  return snapshot == nullptr ? kBesides
                             : kBesides + snapshot->object.size() + snapshot->state.size();
}

BundleKind write_body(const BundleHeader& header, ByteWriter& out) {
  out.var_uint(header.version);
  out.var_string(header.workspace);
  out.var_string(header.log_name);
  out.var_uint(header.size);
  out.append(ByteView(header.last_hash));
  return BundleKind::kHeader;
}

BundleKind write_body(const Statement& statement, ByteWriter& out) {
  out.append(to_text(statement));
  return BundleKind::kStatement;
}

BundleKind write_body(const BundleEvents& events, ByteWriter& out) {
  out.var_uint(events.first);
  out.var_uint(events.records.size());
  for (const ByteView record : events.records) out.var_buffer(record);
  return BundleKind::kEvents;
}

BundleKind write_body(const BundleSnapshot& snapshot, ByteWriter& out) {
  out.var_string(snapshot.object);
  out.var_uint(snapshot.position);
  const bool typed = !snapshot.type.empty();
  if (typed) {
    out.var_uint(snapshot.generation);
    out.var_string(snapshot.type);
  }
  out.append(snapshot.state);
  return typed ? BundleKind::kTypedSnapshot : BundleKind::kSnapshot;
}

BundleKind write_body(const BundlePins& pins, ByteWriter& out) {
  out.var_uint(pins.pins.size());
  for (const Pin& pin : pins.pins) {
    out.var_string(pin.name);
    out.var_uint(pin.position);
    out.var_uint(pin.unix_ms);
    out.var_string(pin.principal);
  }
  return BundleKind::kPins;
}

BundleKind write_body(const BundleEnd& end, ByteWriter& out) {
  out.var_uint(end.size);
  out.append(ByteView(end.root));
  return BundleKind::kEnd;
}

}  // namespace

BundleWriter::BundleWriter() : crc_(crc32c(kBundleMagic)) {}

// A large section is in memory once.
Bytes BundleWriter::section(const BundleSection& section) {
  ByteWriter out;
  out.reserve(kSectionHeadBytes + large_parts(section) + kSectionCrcBytes);
  out.u8(0);
  put_big_endian(out, 0);
  const BundleKind kind =
      std::visit([&](const auto& each) { return write_body(each, out); }, section);
  const std::size_t body = out.size() - kSectionHeadBytes;
  put_big_endian(out, 0);
  Bytes bytes = out.take();
  bytes[0] = static_cast<std::uint8_t>(kind);
  set_big_endian(&bytes[1], static_cast<std::uint32_t>(body));
  crc_ = crc32c(ByteView(bytes).first(kSectionHeadBytes + body), crc_);
  set_big_endian(&bytes[kSectionHeadBytes + body], crc_);
  return bytes;
}

}  // namespace syncline::log
