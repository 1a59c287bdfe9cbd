#include "syncline/crdt/updates.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "crdt/update_merge.h"
#include "crdt/update_rewrite.h"
#include "crdt/update_writer.h"

namespace syncline::crdt {

namespace {

std::span<const Block> blocks_of(const DecodedUpdate& update,
                                 const DecodedUpdate::ClientBlocks& client) {
  return std::span(update.blocks).subspan(client.first, client.count);
}

// The blocks that a replica that knows `known` clocks lacks: from the first block that goes beyond.
std::span<const Block> missing_blocks(std::span<const Block> blocks, Clock known) {
  const auto first = std::ranges::find_if(blocks, [known](const Block& block) {
    return block.kind != BlockKind::kSkip && block.end() > known;
  });
  return blocks.subspan(static_cast<std::size_t>(first - blocks.begin()));
}

}  // namespace

Result<void> decode_for_rewrite(ByteView bytes, UpdateVersion version, DecodedUpdate& update) {
  Result<void> decoded = decode_update(bytes, version, update);
  if (!decoded) return decoded;
  for (Block& block : update.blocks)
    if (block.parent_kind == ParentKind::kNone) block.has_parent_sub = false;
  return decoded;
}

Bytes rewrite(const DecodedUpdate& update, UpdateVersion version) {
  UpdateWriter writer(version);
  writer.begin_clients(update.clients.size());
  for (const auto& client : update.clients) {
    const auto blocks = blocks_of(update, client);
    writer.begin_client(blocks.size(), client.client, blocks.front().clock);
    for (const Block& block : blocks) writer.write(block);
  }
  writer.write_deletes(update.deletes);
  return writer.take();
}

Result<Bytes> merge_updates(std::span<const ByteView> updates, UpdateVersion version) {
  std::vector<std::unique_ptr<DecodedUpdate>> decoded;
  decoded.reserve(updates.size());
  for (const ByteView bytes : updates) {
    decoded.push_back(std::make_unique<DecodedUpdate>());
    if (auto result = decode_for_rewrite(bytes, version, *decoded.back()); !result)
      return std::unexpected(std::move(result.error()));
  }
  if (updates.size() == 1) return to_bytes(updates[0]);

  UpdateWriter writer(version);
  write_merged(decoded, writer);
  DeleteSet deletes;
  for (const auto& update : decoded) deletes.add(update->deletes);
  writer.write_deletes(deletes);
  return writer.take();
}

Result<Bytes> diff_update(ByteView update, const StateVector& state, UpdateVersion version) {
  DecodedUpdate decoded;
  if (auto result = decode_for_rewrite(update, version, decoded); !result)
    return std::unexpected(std::move(result.error()));

  std::vector<std::span<const Block>> missing;
  for (const auto& client : decoded.clients) {
    const auto blocks = missing_blocks(blocks_of(decoded, client), state.get(client.client));
    if (!blocks.empty()) missing.push_back(blocks);
  }
  UpdateWriter writer(version);
  writer.begin_clients(missing.size());
  for (const auto blocks : missing) {
    const Block& first = blocks.front();
    const Clock start = std::max(first.clock, state.get(first.client));
    writer.begin_client(blocks.size(), first.client, start);
    writer.write(first, start - first.clock);
    for (const Block& block : blocks.subspan(1)) writer.write(block);
  }
  writer.write_deletes(decoded.deletes);
  return writer.take();
}

Result<Bytes> convert_update(ByteView update, UpdateVersion from, UpdateVersion to) {
  DecodedUpdate decoded;
  if (auto result = decode_for_rewrite(update, from, decoded); !result)
    return std::unexpected(std::move(result.error()));
  return rewrite(decoded, to);
}

Result<StateVector> state_vector_of(ByteView update, UpdateVersion version) {
  DecodedUpdate decoded;
  if (auto result = decode_update(update, version, decoded); !result)
    return std::unexpected(std::move(result.error()));
  StateVector state;
  for (const auto& client : decoded.clients) {
    Clock clock = 0;
    for (const Block& block : blocks_of(decoded, client)) {
      if (block.clock != clock || block.kind == BlockKind::kSkip) break;
      clock = block.end();
    }
    state.set(client.client, clock);
  }
  return state;
}

Result<UpdateMeta> update_meta(ByteView update, UpdateVersion version) {
  DecodedUpdate decoded;
  if (auto result = decode_update(update, version, decoded); !result)
    return std::unexpected(std::move(result.error()));
  UpdateMeta meta;
  for (const Block& block : decoded.blocks)
    if (block.kind != BlockKind::kSkip) meta.inserts.add(block.client, block.clock, block.len);
  meta.deletes = std::move(decoded.deletes);
  return meta;
}

}  // namespace syncline::crdt
