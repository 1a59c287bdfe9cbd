#include "cli/load/hostile/shapes.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/byte_writer.h"
#include "crdt/any_tags.h"
#include "crdt/block.h"
#include "crdt/update_writer.h"
#include "protocol/hocuspocus.h"
#include "protocol/y_sync.h"
#include "syncline/crdt/id_set.h"

namespace syncline::cli::shapes {
namespace {

using crdt::Block;
using crdt::BlockKind;
using crdt::ClientId;
using crdt::Clock;

using ClientBlocks = std::map<ClientId, std::vector<Block>, std::greater<>>;

Bytes update_of(const ClientBlocks& blocks) {
  crdt::UpdateWriter writer(crdt::UpdateVersion::kV1);
  writer.begin_clients(blocks.size());
  for (const auto& [client, list] : blocks) {
    writer.begin_client(list.size(), client, list.front().clock);
    for (const Block& block : list) writer.write(block);
  }
  writer.write_deletes({});
  return writer.take();
}

Block block_of(BlockKind kind, ClientId client, Clock clock, Clock len, ByteView payload) {
  Block block;
  block.kind = kind;
  block.client = client;
  block.clock = clock;
  block.len = len;
  block.payload = payload;
  return block;
}

Block in_root_type(Block block, std::string_view root) {
  block.parent_kind = crdt::ParentKind::kRoot;
  block.parent_name = root;
  return block;
}

Block behind_id(Block block, crdt::Id origin) {
  block.has_origin = true;
  block.origin = origin;
  return block;
}

Block text_block(ClientId client, Clock clock, std::string_view ascii) {
  return block_of(BlockKind::kString, client, clock, static_cast<Clock>(ascii.size()),
                  as_bytes(ascii));
}

}  // namespace

Bytes text(ClientId client, Clock clock, std::string_view ascii) {
  const Block block = text_block(client, clock, ascii);
  return update_of(
      {{client,
        {clock == 0 ? in_root_type(block, "content") : behind_id(block, {client, clock - 1})}}});
}

Bytes binary(ClientId client, std::size_t bytes) {
  const Bytes value(bytes, 0xa5);
  Block block = in_root_type(block_of(BlockKind::kBinary, client, 0, 1, value), "map");
  block.has_parent_sub = true;
  block.parent_sub = "picture";
  return update_of({{client, {block}}});
}

Bytes one_key(ClientId client, std::uint32_t n) {
  static constexpr std::uint8_t kOne[] = {crdt::kAnyInteger, 1};
  std::vector<Block> blocks;
  blocks.reserve(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    Block block = in_root_type(block_of(BlockKind::kAny, client, i, 1, kOne), "m");
    block.has_parent_sub = true;
    block.parent_sub = "k";
    blocks.push_back(block);
  }
  return update_of({{client, std::move(blocks)}});
}

Bytes one_place_text(std::uint32_t n) {
  const std::string letters(n + 2, 'a');
  return update_of({{1, {in_root_type(text_block(1, 0, letters), "content")}}});
}

Bytes one_place(std::uint32_t n) {
  ClientBlocks blocks;
  // A step that has no divisor in common with a power of two visits every place once.
  std::uint32_t size = 1;
  while (size < n) size *= 2;
  std::uint32_t place = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    do place = (place + 40'503) % size;
    while (place >= n);
    Block block = behind_id(text_block(2 + i, 0, "x"), {1, 0});
    block.has_right_origin = true;
    block.right_origin = {1, 2 + place};
    blocks[2 + i].push_back(block);
  }
  return update_of(blocks);
}

Bytes waiting(ClientId client, Clock clock, std::size_t bytes) {
  return text(client, clock, std::string(bytes, 'w'));
}

Bytes presence(ClientId first, std::size_t count, std::uint64_t clock, std::string_view json) {
  ByteWriter out;
  out.var_uint(count);
  for (std::size_t i = 0; i < count; ++i) {
    out.var_uint(first + i);
    out.var_uint(clock);
    out.var_string(json);
  }
  return out.take();
}

Bytes y_step1() {
  return protocol::encode_y_sync(protocol::SyncKind::kStep1, crdt::encode_state_vector({}));
}
Bytes y_update(ByteView update) {
  return protocol::encode_y_sync(protocol::SyncKind::kUpdate, update);
}
Bytes y_presence(ByteView presence) {
  return protocol::encode_y_awareness(presence);
}

Bytes token(std::string_view document, std::string_view token) {
  ByteWriter out;
  out.var_string(document);
  out.var_uint(2);
  out.var_uint(0);
  out.var_string(token);
  out.var_string("3.2.0");
  return out.take();
}

Bytes h_step1(std::string_view document) {
  return protocol::encode_hocuspocus_sync(document, protocol::SyncKind::kStep1,
                                          crdt::encode_state_vector({}));
}

Bytes broadcast(std::string_view document, std::string_view payload) {
  ByteWriter out;
  out.var_string(document);
  out.var_uint(6);
  out.var_string(payload);
  return out.take();
}

}  // namespace syncline::cli::shapes
