#include "log/bundle_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/byte_reader.h"
#include "base/crc32c.h"
#include "base/utf8.h"
#include "log/bundle_kinds.h"

namespace syncline::log {
namespace {

std::uint32_t big_endian(ByteView bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

void read_hash_into(ByteReader& in, Hash256& hash) {
  const ByteView bytes = in.bytes(hash.size());
  std::copy(bytes.begin(), bytes.end(), hash.begin());
}

// Accepts only the shortest form of a varint, because a section has exactly one encoding.
std::uint64_t read_number(ByteReader& in) {
  const std::size_t start = in.position();
  const std::uint64_t value = in.var_uint();
  if (!in.ok()) return 0;
  const ByteView encoded = in.since(start);
  if (encoded.size() > 1 && encoded.back() == 0) in.fail();
  return in.ok() ? value : 0;
}

ByteView read_bytes(ByteReader& in) {
  return in.bytes(read_number(in));
}

std::string read_text(ByteReader& in) {
  const std::string_view text = as_text(read_bytes(in));
  if (!is_valid_utf8(text)) in.fail();
  return in.ok() ? std::string(text) : std::string();
}

bool whole(const ByteReader& in) {
  return in.ok() && in.at_end();
}

}  // namespace

BundleReader::BundleReader(const BundleHeader& header, const BundleMark& mark)
    : stage_(mark.after > 0 ? Stage::kEvents : Stage::kStatements),
      offset_(mark.offset),
      crc_(mark.crc),
      size_(header.size),
      after_(mark.after),
      snapshot_at_(mark.after) {}

void BundleReader::feed(ByteView bytes) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::unexpected<Error> BundleReader::refuse(ErrorCode code, std::string_view what) const {
  return fail(code, fmt::format("bundle, byte {}: {}", offset_, what));
}

Result<std::optional<BundleSection>> BundleReader::next() {
  ByteView rest = ByteView(buffer_).subspan(taken_);
  if (stage_ == Stage::kMagic) {
    const std::size_t known = std::min(rest.size(), std::size(kBundleMagic));
    if (!std::equal(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(known), kBundleMagic))
      return refuse(ErrorCode::kMalformed, "this is no bundle");
    if (known < std::size(kBundleMagic)) return std::nullopt;
    crc_ = crc32c(kBundleMagic);
    taken_ += known;
    offset_ += known;
    rest = rest.subspan(known);
    stage_ = Stage::kHeader;
  }
  if (stage_ == Stage::kEnd && !rest.empty())
    return refuse(ErrorCode::kMalformed, "something follows the end");
  if (rest.size() < kSectionHeadBytes) return std::nullopt;
  const std::size_t length = big_endian(rest.subspan(1, 4));
  if (length > kMaxSectionBytes) return refuse(ErrorCode::kTooLarge, "section too large");
  const std::size_t total = kSectionHeadBytes + length + kSectionCrcBytes;
  if (rest.size() < total) return std::nullopt;
  const std::uint32_t crc = crc32c(rest.first(kSectionHeadBytes + length), crc_);
  if (crc != big_endian(rest.subspan(kSectionHeadBytes + length, kSectionCrcBytes)))
    return refuse(ErrorCode::kCorrupt,
                  "the section fails its checksum, or does not follow the one before");
  auto section = parse(rest[0], rest.subspan(kSectionHeadBytes, length));
  if (!section) return std::unexpected(std::move(section.error()));
  crc_ = crc;
  taken_ += total;
  offset_ += total;
  return std::optional<BundleSection>(std::move(*section));
}

Result<void> BundleReader::finish() const {
  if (at_end() && taken_ == buffer_.size()) return {};
  return refuse(ErrorCode::kMalformed, "the bundle is cut off");
}

Result<BundleSection> BundleReader::parse(std::uint8_t kind, ByteView body) {
  if ((stage_ == Stage::kHeader) != (kind == static_cast<std::uint8_t>(BundleKind::kHeader)))
    return refuse(ErrorCode::kMalformed, "the header is not where it should be");
  switch (static_cast<BundleKind>(kind)) {
    case BundleKind::kHeader: return parse_header(body);
    case BundleKind::kStatement: return parse_statement(body);
    case BundleKind::kEvents: return parse_events(body);
    case BundleKind::kSnapshot: return parse_snapshot(body, false);
    case BundleKind::kTypedSnapshot: return parse_snapshot(body, true);
    case BundleKind::kPins: return parse_pins(body);
    case BundleKind::kEnd: return parse_end(body);
  }
  return refuse(ErrorCode::kUnsupported, "a section of an unknown kind");
}

Result<BundleSection> BundleReader::parse_header(ByteView body) {
  ByteReader in(body);
  const std::uint64_t version = read_number(in);
  if (in.ok() && version > kBundleVersion)
    return refuse(
        ErrorCode::kUnsupported,
        fmt::format("format version {}, this build reads up to {}", version, kBundleVersion));
  BundleHeader header;
  header.version = version;
  header.workspace = read_text(in);
  header.log_name = read_text(in);
  header.size = read_number(in);
  read_hash_into(in, header.last_hash);
  if (!whole(in) || version == 0 || header.size == 0 || header.log_name.size() > kMaxNoteBytes ||
      !check_workspace_name(header.workspace))
    return refuse(ErrorCode::kMalformed, "the header is malformed");
  size_ = header.size;
  stage_ = Stage::kStatements;
  return header;
}

Result<BundleSection> BundleReader::parse_statement(ByteView body) {
  if (stage_ != Stage::kStatements || ++statements_ > kMaxStatements)
    return refuse(ErrorCode::kMalformed, "a signed checkpoint at a wrong place");
  auto statement = statement_from_text(as_text(body));
  if (!statement) return refuse(ErrorCode::kMalformed, statement.error().message);
  const std::uint64_t said = peek_checkpoint(statement->note)->size;
  if (said > size_)
    return refuse(ErrorCode::kMalformed,
                  fmt::format("{} events were signed, the bundle has {}", said, size_));
  return std::move(*statement);
}

Result<BundleSection> BundleReader::parse_events(ByteView body) {
  if (stage_ > Stage::kEvents) return refuse(ErrorCode::kMalformed, "events at a wrong place");
  ByteReader in(body);
  BundleEvents events;
  events.first = read_number(in);
  const std::uint64_t count = read_number(in);
  if (!in.ok() || events.first != after_ + 1 || count == 0 || count > size_ - after_ ||
      count > kSectionEvents)
    return refuse(ErrorCode::kMalformed,
                  fmt::format("where event {} should be are others", after_ + 1));
  for (std::uint64_t index = 0; index < count && in.ok(); ++index)
    events.records.push_back(read_bytes(in));
  if (!whole(in)) return refuse(ErrorCode::kMalformed, "a section of events is malformed");
  mark_ = BundleMark{offset_, crc_, after_};
  stage_ = Stage::kEvents;
  after_ += count;
  return events;
}

Result<BundleSection> BundleReader::parse_snapshot(ByteView body, bool typed) {
  ByteReader in(body);
  BundleSnapshot snapshot;
  snapshot.object = read_text(in);
  snapshot.position = read_number(in);
  if (typed) {
    snapshot.generation = read_number(in);
    snapshot.type = read_text(in);
  }
  snapshot.state = in.rest();
  const bool named = snapshot.type.size() <= kMaxTypeBytes && snapshot.type.empty() != typed;
  if (!in.ok() || !named || !check_object_id(snapshot.object))
    return refuse(ErrorCode::kMalformed, "a snapshot is malformed");
  if (stage_ != Stage::kEvents || snapshot.position != after_ || snapshot_at_ == after_)
    return refuse(ErrorCode::kMalformed, "a snapshot at a wrong place");
  snapshot_at_ = after_;
  return snapshot;
}

Result<BundleSection> BundleReader::parse_pins(ByteView body) {
  if (after_ != size_ || stage_ > Stage::kPins)
    return refuse(ErrorCode::kMalformed, "pins at a wrong place");
  ByteReader in(body);
  BundlePins pins;
  const std::uint64_t count = read_number(in);
  if (count == 0 || count > kSectionPins) return refuse(ErrorCode::kMalformed, "too many pins");
  for (std::uint64_t index = 0; index < count && in.ok(); ++index) {
    Pin pin;
    pin.name = read_text(in);
    pin.position = read_number(in);
    pin.unix_ms = read_number(in);
    pin.principal = read_text(in);
    if (!in.ok() || !is_pin_name(pin.name) || pin.name <= last_pin_ || pin.position == 0 ||
        pin.position > size_ || pin.principal.size() > kMaxPrincipalBytes)
      return refuse(ErrorCode::kMalformed, "a pin is malformed");
    last_pin_ = pin.name;
    pins.pins.push_back(std::move(pin));
  }
  if (!whole(in)) return refuse(ErrorCode::kMalformed, "a section of pins is malformed");
  stage_ = Stage::kPins;
  return pins;
}

Result<BundleSection> BundleReader::parse_end(ByteView body) {
  ByteReader in(body);
  BundleEnd end;
  end.size = read_number(in);
  read_hash_into(in, end.root);
  if (!whole(in) || end.size != size_ || after_ != size_)
    return refuse(ErrorCode::kMalformed, "the end comes too early");
  stage_ = Stage::kEnd;
  return end;
}

}  // namespace syncline::log
