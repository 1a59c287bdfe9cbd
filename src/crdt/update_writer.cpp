#include "crdt/update_writer.h"

#include <string>

#include "base/assert.h"
#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "crdt/any_tags.h"
#include "crdt/column_writer.h"
#include "crdt/id_codec.h"
#include "crdt/packed.h"

namespace syncline::crdt {

namespace {

constexpr std::uint8_t kHasParentSub = 0x20;
constexpr std::uint8_t kHasRightOrigin = 0x40;
constexpr std::uint8_t kHasOrigin = 0x80;

// What is left of `count` packed values without the first `skip`.
ByteView values_behind(ByteView packed, Clock skip) {
  ByteReader in(packed);
  for (; skip != 0; --skip) scan_any(in);
  return in.rest();
}

}  // namespace

// Every field in the order of the blocks.
struct UpdateWriter::V1 {
  static constexpr UpdateVersion kVersion = UpdateVersion::kV1;

  ByteWriter rest;
  std::string scratch;

  void client(ClientId client) { rest.var_uint(client); }
  void info(std::uint8_t info) { rest.u8(info); }
  void len(Clock len) { rest.var_uint(len); }
  void type_ref(TypeKind type) { rest.var_uint(static_cast<std::uint8_t>(type)); }
  void parent_info(bool root) { rest.var_uint(root ? 1 : 0); }
  void text(std::string_view text, std::size_t) { rest.var_string(text); }
  void name(std::string_view text) { rest.var_string(text); }
  void key(std::string_view text) { rest.var_string(text); }
  void left_id(Id id) {
    rest.var_uint(id.client);
    rest.var_uint(id.clock);
  }
  void right_id(Id id) { left_id(id); }

  void json(ByteView packed) {
    // Undefined has no JSON, and version 2 can carry it here; Yjs fails to write it.
    if (packed.size() == 1 && (packed[0] == kAnyNull || packed[0] == kAnyUndefined))
      return rest.var_string("null");
    if (packed.size() == 1 && packed[0] == kAnyTrue) return rest.var_string("true");
    scratch.clear();
    append_packed_json(packed, scratch);
    rest.var_string(scratch);
  }

  ByteWriter& finish() { return rest; }
};

struct UpdateWriter::V2 {
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
  void len(Clock len) { lens.write(len); }
  void type_ref(TypeKind type) { type_refs.write(static_cast<std::uint8_t>(type)); }
  void parent_info(bool root) { parent_infos.write(root ? 1 : 0); }
  void text(std::string_view text, std::size_t units) { strings.write(text, units); }
  void name(std::string_view text) { strings.write(text); }
  // The format could name an equal key again by its number; Yjs 13 writes each in full.
  void key(std::string_view text) {
    key_clocks.write(next_key++);
    strings.write(text);
  }
  void left_id(Id id) {
    clients.write(id.client);
    left_clocks.write(id.clock);
  }
  void right_id(Id id) {
    clients.write(id.client);
    right_clocks.write(id.clock);
  }
  void json(ByteView packed) { rest.append(packed); }

  ByteWriter& finish() {
    whole.u8(0);  // feature flags, none defined
    whole.var_buffer(key_clocks.finish());
    whole.var_buffer(clients.finish());
    whole.var_buffer(left_clocks.finish());
    whole.var_buffer(right_clocks.finish());
    whole.var_buffer(infos.finish());
    whole.var_buffer(strings.finish());
    whole.var_buffer(parent_infos.finish());
    whole.var_buffer(type_refs.finish());
    whole.var_buffer(lens.finish());
    whole.append(rest.view());
    reset();
    return whole;
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

namespace {

template <class Sink>
void write_text(Sink& out, const Block& block, Clock offset) {
  const std::string_view text = as_text(block.payload);
  if (offset == 0) return out.text(text, block.len);
  bool inside_pair;
  const std::size_t start = utf8_offset(text, offset, inside_pair);
  if (!inside_pair) return out.text(text.substr(start), block.len - offset);
  out.scratch.assign(kReplacementCharacter).append(text.substr(start + 4));
  out.text(out.scratch, block.len - offset);
}

template <class Sink>
void write_json_values(Sink& out, const Block& block, Clock offset) {
  ByteReader in(values_behind(block.payload, offset));
  for (Clock left = block.len - offset; left != 0; --left) {
    const std::size_t start = in.position();
    scan_any(in);
    out.scratch.clear();
    append_packed_json(in.since(start), out.scratch);
    out.name(out.scratch);
  }
}

template <class Sink>
void write_content(Sink& out, const Block& block, Clock offset) {
  switch (block.kind) {
    case BlockKind::kDeleted: return out.len(block.len - offset);
    case BlockKind::kString: return write_text(out, block, offset);
    case BlockKind::kAny:
      out.len(block.len - offset);
      return out.rest.append(offset == 0 ? block.payload : values_behind(block.payload, offset));
    case BlockKind::kJson:
      out.len(block.len - offset);
      return write_json_values(out, block, offset);
    case BlockKind::kBinary: return out.rest.var_buffer(block.payload);
    case BlockKind::kEmbed: return out.json(block.payload);
    case BlockKind::kFormat: out.key(block.name); return out.json(block.payload);
    case BlockKind::kType:
      out.type_ref(block.type);
      if (block.type == TypeKind::kXmlElement || block.type == TypeKind::kXmlHook)
        out.key(block.name);
      return;
    case BlockKind::kDoc: out.name(block.name); return out.rest.append(block.payload);
    case BlockKind::kGc:
    case BlockKind::kSkip: return;  // no items
  }
}

template <class Sink>
void write_item(Sink& out, const Block& block, Clock offset) {
  const bool has_origin = block.has_origin || offset != 0;
  out.info(static_cast<std::uint8_t>(static_cast<unsigned>(block.kind) |
                                     (has_origin ? kHasOrigin : 0u) |
                                     (block.has_right_origin ? kHasRightOrigin : 0u) |
                                     (block.has_parent_sub ? kHasParentSub : 0u)));
  if (has_origin)
    out.left_id(offset == 0 ? block.origin : Id{block.client, block.clock + offset - 1});
  if (block.has_right_origin) out.right_id(block.right_origin);
  if (!has_origin && !block.has_right_origin) {
    SYNCLINE_ASSERT(block.parent_kind != ParentKind::kNone);
    out.parent_info(block.parent_kind == ParentKind::kRoot);
    if (block.parent_kind == ParentKind::kRoot)
      out.name(block.parent_name);
    else
      out.left_id(block.parent_id);
    if (block.has_parent_sub) out.name(block.parent_sub);
  }
  write_content(out, block, offset);
}

template <class Sink>
void write_block(Sink& out, const Block& block, Clock offset) {
  SYNCLINE_ASSERT(offset < block.len);
  if (block.is_item()) return write_item(out, block, offset);
  out.info(static_cast<std::uint8_t>(block.kind));
  if (block.kind == BlockKind::kGc)
    out.len(block.len - offset);
  else
    out.rest.var_uint(block.len - offset);
}

}  // namespace

UpdateWriter::UpdateWriter(UpdateVersion version) {
  if (version == UpdateVersion::kV1)
    v1_ = std::make_unique<V1>();
  else
    v2_ = std::make_unique<V2>();
}

UpdateWriter::UpdateWriter(UpdateWriter&&) noexcept = default;
UpdateWriter& UpdateWriter::operator=(UpdateWriter&&) noexcept = default;
UpdateWriter::~UpdateWriter() = default;

void UpdateWriter::reserve(std::size_t text) {
  if (v1_)
    v1_->rest.reserve(2 * text);  // a block's other fields take about as much as its text
  else
    v2_->strings.reserve(text);
}

void UpdateWriter::begin_clients(std::uint64_t clients) {
  (v1_ ? v1_->rest : v2_->rest).var_uint(clients);
}

void UpdateWriter::begin_client(std::uint64_t blocks, ClientId client, Clock first_clock) {
  ByteWriter& rest = v1_ ? v1_->rest : v2_->rest;
  rest.var_uint(blocks);
  if (v1_)
    v1_->client(client);
  else
    v2_->client(client);
  rest.var_uint(first_clock);
}

void UpdateWriter::write(const Block& block, Clock offset) {
  if (v1_)
    write_block(*v1_, block, offset);
  else
    write_block(*v2_, block, offset);
}

DeleteSetWriter UpdateWriter::deletes() {
  return v1_ ? DeleteSetWriter(v1_->rest, V1::kVersion) : DeleteSetWriter(v2_->rest, V2::kVersion);
}

void UpdateWriter::write_deletes(const DeleteSet& deletes) {
  if (v1_)
    write_delete_set(deletes, V1::kVersion, v1_->rest);
  else
    write_delete_set(deletes, V2::kVersion, v2_->rest);
}

Bytes UpdateWriter::take() {
  return (v1_ ? v1_->finish() : v2_->finish()).take();
}

void UpdateWriter::take(Bytes& out) {
  (v1_ ? v1_->finish() : v2_->finish()).take(out);
}

}  // namespace syncline::crdt
