// The two wire formats of updates as sources of fields, for the decoder (crdt/update_decoder.cpp).
//
// Both classes have the same members, so one template can read either. Views refer to the update,
// or to the arena of the DecodedUpdate. After bad input, ok() is false and fields are zero or
// empty.
#pragma once

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "crdt/block.h"
#include "crdt/column_reader.h"
#include "crdt/packed.h"

namespace syncline::crdt {

struct WireId {
  ClientId client;
  std::uint64_t clock;
};

struct WireText {
  std::string_view text;
  std::uint64_t units;
};

// Reads one packed value in canonical form. The reader fails if the value is invalid.
inline ByteView read_packed(ByteReader& in, DecodedUpdate& update) {
  ByteReader again = in;
  const std::size_t start = in.position();
  const AnyScan scan = scan_any(in);
  if (scan == AnyScan::kCanonical) return in.since(start);
  if (scan == AnyScan::kInvalid) return {};
  return update.keep(pack(*unpack(again)));
}

// Reads every field in the order of the blocks.
class V1Source {
 public:
  static constexpr UpdateVersion kVersion = UpdateVersion::kV1;

  V1Source(ByteView bytes, DecodedUpdate& update) : in_(bytes), update_(update) {}

  bool ok() const { return in_.ok(); }
  ByteReader& rest() { return in_; }

  ClientId client() { return in_.var_uint(); }
  std::uint8_t info() { return in_.u8(); }
  std::uint64_t len() { return in_.var_uint(); }
  std::uint64_t type_ref() { return in_.var_uint(); }
  std::uint64_t parent_info() { return in_.var_uint(); }
  std::string_view name() { return in_.var_string(); }
  std::string_view key() { return in_.var_string(); }

  WireId left_id() {
    const ClientId client = in_.var_uint();
    return {client, in_.var_uint()};
  }
  WireId right_id() { return left_id(); }

  WireText text() {
    const std::string_view text = as_text(in_.var_buffer());
    std::size_t units = 0;
    if (!measure_utf8(text, units)) in_.fail();
    return {text, units};
  }

  // A value that version 1 writes as JSON.
  ByteView json() {
    const std::string_view text = in_.var_string();
    if (const ByteView constant = constant_json(text); !constant.empty()) return constant;
    const Result<Any> value = from_json(text);
    if (!value) {
      in_.fail();
      return {};
    }
    return update_.keep(pack(*value));
  }

 private:
  // The values that are most frequent in formats. Needs no parsing and no memory.
  static ByteView constant_json(std::string_view text) {
    static constexpr std::uint8_t kTrue[] = {120};
    static constexpr std::uint8_t kNull[] = {126};
    static constexpr std::uint8_t kEmptyObject[] = {118, 0};
    if (text == "true") return kTrue;
    if (text == "null") return kNull;
    if (text == "{}") return kEmptyObject;
    return {};
  }

  ByteReader in_;
  DecodedUpdate& update_;
};

// A byte of feature flags, nine columns, and then the fields that have no column.
class V2Source {
 public:
  static constexpr UpdateVersion kVersion = UpdateVersion::kV2;

  V2Source(ByteView bytes, DecodedUpdate& update)
      : in_(after_flags(bytes)),
        update_(update),
        key_clocks_(column(), failed_),
        clients_(column(), failed_),
        left_clocks_(column(), failed_),
        right_clocks_(column(), failed_),
        infos_(column(), failed_),
        strings_(column(), failed_),
        parent_infos_(column(), failed_),
        type_refs_(column(), failed_),
        lens_(column(), failed_) {}
  V2Source(const V2Source&) = delete;
  V2Source& operator=(const V2Source&) = delete;

  bool ok() const { return !failed_ && in_.ok(); }
  ByteReader& rest() { return in_; }

  ClientId client() { return clients_.read(); }
  std::uint8_t info() { return infos_.read(); }
  std::uint64_t len() { return lens_.read(); }
  std::uint64_t type_ref() { return type_refs_.read(); }
  std::uint64_t parent_info() { return parent_infos_.read(); }
  std::string_view name() { return text().text; }

  WireId left_id() {
    const ClientId client = clients_.read();
    return {client, left_clocks_.read()};
  }
  WireId right_id() {
    const ClientId client = clients_.read();
    return {client, right_clocks_.read()};
  }

  // A number below the count of keys so far refers to an earlier key. Yjs never writes that.
  std::string_view key() {
    const std::size_t number = key_clocks_.read();
    if (number < update_.keys.size()) return update_.keys[number];
    return update_.keys.emplace_back(name());
  }

  WireText text() {
    const StringColumnReader::Slice slice = strings_.read();
    if (!slice.half_before && !slice.half_behind) return {slice.text, slice.units};
    std::string whole;
    if (slice.half_before) whole.append(kReplacementCharacter);
    whole.append(slice.text);
    if (slice.half_behind) whole.append(kReplacementCharacter);
    return {as_text(update_.keep(as_bytes(whole))), slice.units};
  }

  ByteView json() { return read_packed(in_, update_); }

 private:
  static ByteReader after_flags(ByteView bytes) {
    ByteReader in(bytes);
    if (in.var_uint() != 0) in.fail();  // none are defined
    return in;
  }

  ByteReader column() { return ByteReader(in_.var_buffer()); }

  bool failed_ = false;
  ByteReader in_;
  DecodedUpdate& update_;
  ClockColumnReader key_clocks_;
  UintColumnReader clients_;
  ClockColumnReader left_clocks_;
  ClockColumnReader right_clocks_;
  ByteColumnReader infos_;
  StringColumnReader strings_;
  ByteColumnReader parent_infos_;
  UintColumnReader type_refs_;
  UintColumnReader lens_;
};

}  // namespace syncline::crdt
