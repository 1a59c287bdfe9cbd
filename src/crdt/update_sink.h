// The two wire formats of updates as sinks of fields, and the order in which the fields of a struct
// are written. UpdateWriter uses this to write blocks (update_writer.h); the engine uses it to
// write its items without making blocks (encode.cpp).
//
// write_struct(sink, fields) accepts any class of fields with the following members. It calls a
// member only if the struct has this field.
//   kind(), len()                                       all structs
//   has_origin(), origin(), has_right_origin(), right_origin(), has_key()     items
//   in_root(), root_name() or holder(); key()           of items without origins
//   text(scratch)        kString: in a string that lasts for the call, or in `scratch`
//   values()             kAny, kJson: packed, one after another
//   value()              kBinary: the bytes; kEmbed, kFormat, kDoc: packed
//   name(), type()       as in Block
#pragma once

#include <span>
#include <string>

#include "base/assert.h"
#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "crdt/any_tags.h"
#include "crdt/block.h"
#include "crdt/column_writer.h"
#include "crdt/packed.h"

namespace syncline::crdt {

// Writes every field in the order of the blocks.
struct V1Sink {
  static constexpr UpdateVersion kVersion = UpdateVersion::kV1;

  ByteWriter rest;
  std::string scratch;

  void client(ClientId client) { rest.var_uint(client); }
  void info(std::uint8_t info) { rest.u8(info); }
  // Writes the info byte of an item, and its origins.
  template <class Fields>
  void place(std::uint8_t info, const Fields& item) {
    std::uint8_t* out = rest.open(1 + 4 * ByteWriter::kMaxVarint);
    *out++ = info;
    if (item.has_origin()) out = put_id(out, item.origin());
    if (item.has_right_origin()) out = put_id(out, item.right_origin());
    rest.close(out);
  }
  void len(Clock len) { rest.var_uint(len); }
  void type_ref(TypeKind type) { rest.var_uint(static_cast<std::uint8_t>(type)); }
  void parent_info(bool root) { rest.var_uint(root ? 1 : 0); }
  void text(std::string_view text, std::size_t) { rest.var_string(text); }
  void name(std::string_view text) { rest.var_string(text); }
  void key(std::string_view text) { rest.var_string(text); }
  void left_id(Id id) { rest.close(put_id(rest.open(2 * ByteWriter::kMaxVarint), id)); }

  void json(ByteView packed) {
    // Undefined has no JSON form, and version 2 can contain it here. Yjs fails to write it; we
    // write null.
    if (packed.size() == 1 && (packed[0] == kAnyNull || packed[0] == kAnyUndefined))
      return rest.var_string("null");
    if (packed.size() == 1 && packed[0] == kAnyTrue) return rest.var_string("true");
    scratch.clear();
    append_packed_json(packed, scratch);
    rest.var_string(scratch);
  }

  ByteWriter& finish() { return rest; }
  std::size_t memory_bytes() const { return rest.memory_bytes() + scratch.capacity(); }

 private:
  static std::uint8_t* put_id(std::uint8_t* out, Id id) {
    return ByteWriter::put_var_uint(ByteWriter::put_var_uint(out, id.client), id.clock);
  }
};

struct V2Sink {
  static constexpr UpdateVersion kVersion = UpdateVersion::kV2;

  ByteWriter rest;
  std::string scratch;
  ClockColumnWriter key_clocks;
  UintColumnWriter clients;
  ClockColumnWriter left_clocks;
  ClockColumnWriter right_clocks;
  ByteColumnWriter infos;
  StringColumnWriter strings;
  ByteColumnWriter parent_infos;
  UintColumnWriter type_refs;
  UintColumnWriter lens;
  std::uint64_t next_key = 0;
  ByteWriter whole;

  void client(ClientId client) { clients.write(client); }
  void info(std::uint8_t info) { infos.write(info); }
  template <class Fields>
  void place(std::uint8_t info, const Fields& item) {
    infos.write(info);
    if (item.has_origin()) left_id(item.origin());
    if (!item.has_right_origin()) return;
    const Id id = item.right_origin();
    clients.write(id.client);
    right_clocks.write(id.clock);
  }
  void len(Clock len) { lens.write(len); }
  void type_ref(TypeKind type) { type_refs.write(static_cast<std::uint8_t>(type)); }
  void parent_info(bool root) { parent_infos.write(root ? 1 : 0); }
  void text(std::string_view text, std::size_t units) { strings.write(text, units); }
  void name(std::string_view text) { strings.write(text); }
  // The format allows naming an equal key again by its number. Yjs 13 writes each key in full.
  void key(std::string_view text) {
    key_clocks.write(next_key++);
    strings.write(text);
  }
  void left_id(Id id) {
    clients.write(id.client);
    left_clocks.write(id.clock);
  }
  void json(ByteView packed) { rest.append(packed); }

  ByteWriter& finish() {
    const ByteView before[] = {key_clocks.finish(), clients.finish(), left_clocks.finish(),
                               right_clocks.finish(), infos.finish()};
    const ByteView after[] = {parent_infos.finish(), type_refs.finish(), lens.finish()};
    whole.reserve(bytes_of(before) + strings.most_bytes() + bytes_of(after) + rest.size());
    whole.u8(0);  // feature flags; none are defined
    for (const ByteView column : before) whole.var_buffer(column);
    strings.finish_into(whole);
    for (const ByteView column : after) whole.var_buffer(column);
    whole.append(rest.view());
    reset();
    return whole;
  }

  // At most, with their lengths.
  static std::size_t bytes_of(std::span<const ByteView> columns) {
    std::size_t bytes = 0;
    for (const ByteView column : columns) bytes += ByteWriter::kMaxVarint + column.size();
    return bytes;
  }

  std::size_t memory_bytes() const {
    return rest.memory_bytes() + scratch.capacity() + key_clocks.memory_bytes() +
           clients.memory_bytes() + left_clocks.memory_bytes() + right_clocks.memory_bytes() +
           infos.memory_bytes() + strings.memory_bytes() + parent_infos.memory_bytes() +
           type_refs.memory_bytes() + lens.memory_bytes() + whole.memory_bytes();
  }

  void reset() {
    rest.clear();
    key_clocks.reset();
    clients.reset();
    left_clocks.reset();
    right_clocks.reset();
    infos.reset();
    strings.reset();
    parent_infos.reset();
    type_refs.reset();
    lens.reset();
    next_key = 0;
  }
};

template <class Sink, class Fields>
void write_json_values(Sink& out, const Fields& item) {
  ByteReader in(item.values());
  for (Clock left = item.len(); left != 0; --left) {
    const std::size_t start = in.position();
    scan_any(in);
    out.scratch.clear();
    append_packed_json(in.since(start), out.scratch);
    out.name(out.scratch);
  }
}

template <class Sink, class Fields>
void write_content(Sink& out, const Fields& item) {
  switch (item.kind()) {
    case BlockKind::kDeleted: return out.len(item.len());
    case BlockKind::kString: return out.text(item.text(out.scratch), item.len());
    case BlockKind::kAny: out.len(item.len()); return out.rest.append(item.values());
    case BlockKind::kJson: out.len(item.len()); return write_json_values(out, item);
    case BlockKind::kBinary: return out.rest.var_buffer(item.value());
    case BlockKind::kEmbed: return out.json(item.value());
    case BlockKind::kFormat: out.key(item.name()); return out.json(item.value());
    case BlockKind::kType: {
      const TypeKind type = item.type();
      out.type_ref(type);
      if (type == TypeKind::kXmlElement || type == TypeKind::kXmlHook) out.key(item.name());
      return;
    }
    case BlockKind::kDoc: out.name(item.name()); return out.rest.append(item.value());
    case BlockKind::kGc:
    case BlockKind::kSkip: return;  // these are not items
  }
}

template <class Sink, class Fields>
void write_item(Sink& out, const Fields& item) {
  const bool has_origins = item.has_origin() || item.has_right_origin();
  out.place(static_cast<std::uint8_t>(static_cast<unsigned>(item.kind()) |
                                      (item.has_origin() ? kHasOrigin : 0u) |
                                      (item.has_right_origin() ? kHasRightOrigin : 0u) |
                                      (item.has_key() ? kHasParentSub : 0u)),
            item);
  if (!has_origins) {
    const bool in_root = item.in_root();
    out.parent_info(in_root);
    if (in_root)
      out.name(item.root_name());
    else
      out.left_id(item.holder());
    if (item.has_key()) out.name(item.key());
  }
  write_content(out, item);
}

template <class Sink, class Fields>
void write_struct(Sink& out, const Fields& item) {
  const BlockKind kind = item.kind();
  if (kind != BlockKind::kGc && kind != BlockKind::kSkip) return write_item(out, item);
  out.info(static_cast<std::uint8_t>(kind));
  if (kind == BlockKind::kGc)
    out.len(item.len());
  else
    out.rest.var_uint(item.len());
}

}  // namespace syncline::crdt
