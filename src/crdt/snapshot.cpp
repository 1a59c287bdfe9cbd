#include "syncline/crdt/snapshot.h"

#include <algorithm>
#include <vector>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/utf8.h"
#include "crdt/engine.h"
#include "crdt/id_codec.h"
#include "crdt/packed.h"
#include "crdt/update_writer.h"

namespace syncline::crdt {
namespace {

// The first `count` of a sequence of packed values.
ByteView first_values(ByteView values, Clock count) {
  ByteReader in(values);
  for (Clock i = 0; i < count; ++i) (void)skip_any(in);
  return values.first(in.position());
}

// Removes everything after the first `len` clocks of a block. If text is cut inside a surrogate
// pair, it ends in U+FFFD, and `arena` owns it.
void shorten(Block& block, Clock len, std::vector<std::unique_ptr<Bytes>>& arena) {
  if (block.kind == BlockKind::kAny || block.kind == BlockKind::kJson) {
    block.payload = first_values(block.payload, len);
  } else if (block.kind == BlockKind::kString) {
    bool inside_pair = false;
    const std::string_view text = as_text(block.payload);
    const std::size_t bytes = utf16_offset(text, len, inside_pair);
    block.payload = block.payload.first(bytes);
    if (inside_pair) {
      std::string whole(text.substr(0, bytes));
      whole += kReplacementCharacter;
      const ByteView view = as_bytes(whole);
      arena.push_back(std::make_unique<Bytes>(view.begin(), view.end()));
      block.payload = *arena.back();
    }
  }
  block.len = len;
}

// The blocks of one client that begin before `end`. The last one is shortened to end there.
std::vector<Block> blocks_before(DecodedUpdate& update, const DecodedUpdate::ClientBlocks& client,
                                 Clock end) {
  std::vector<Block> out;
  for (std::uint32_t i = 0; i < client.count; ++i) {
    Block block = update.blocks[client.first + i];
    if (block.clock >= end || block.kind == BlockKind::kSkip) break;
    if (block.end() > end) shorten(block, end - block.clock, update.arena);
    out.push_back(block);
  }
  return out;
}

}  // namespace

Snapshot take_snapshot(const Doc& doc) {
  return {doc.delete_set(), doc.state_vector()};
}

Bytes encode_snapshot(const Snapshot& snapshot, UpdateVersion version) {
  ByteWriter out;
  write_delete_set(snapshot.deletes, version, out);
  write_state_vector(snapshot.state, out);
  return out.take();
}

Result<Snapshot> decode_snapshot(ByteView bytes, UpdateVersion version) {
  ByteReader in(bytes);
  Snapshot snapshot;
  if (Result<void> read = read_delete_set(in, version, snapshot.deletes); !read) {
    return std::unexpected(read.error());
  }
  Result<StateVector> state = read_state_vector(in);
  if (!state) return std::unexpected(state.error());
  snapshot.state = *std::move(state);
  return snapshot;
}

Result<Bytes> update_at(const Doc& doc, const Snapshot& snapshot, UpdateVersion version) {
  if (doc.engine().options.gc) {
    return fail(ErrorCode::kInvalid, "the document collects garbage: its past cannot be read");
  }
  const Bytes whole = doc.encode_state_as_update({}, UpdateVersion::kV1);
  DecodedUpdate update;
  if (Result<void> decoded = decode_update(whole, UpdateVersion::kV1, update); !decoded) {
    return std::unexpected(decoded.error());
  }
  std::vector<std::vector<Block>> clients;
  for (const DecodedUpdate::ClientBlocks& client : update.clients) {
    std::vector<Block> blocks = blocks_before(update, client, snapshot.state.get(client.client));
    if (!blocks.empty()) clients.push_back(std::move(blocks));
  }
  UpdateWriter writer(version);
  writer.begin_clients(clients.size());
  for (const std::vector<Block>& blocks : clients) {
    writer.begin_client(blocks.size(), blocks.front().client, blocks.front().clock);
    for (const Block& block : blocks) writer.write(block);
  }
  writer.write_deletes(snapshot.deletes);
  return writer.take();
}

Result<Doc> doc_at(const Doc& doc, const Snapshot& snapshot, DocOptions options) {
  const Result<Bytes> update = update_at(doc, snapshot);
  if (!update) return std::unexpected(update.error());
  Doc past(std::move(options));
  if (const Result<ApplyResult> applied = past.apply_update(*update); !applied) {
    return std::unexpected(applied.error());
  }
  return past;
}

Result<bool> contains_update(const Snapshot& snapshot, ByteView update, UpdateVersion version) {
  DecodedUpdate decoded;
  if (Result<void> result = decode_update(update, version, decoded); !result) {
    return std::unexpected(result.error());
  }
  const auto known = [&](const Block& block) {
    return block.end() <= snapshot.state.get(block.client);
  };
  if (!std::ranges::all_of(decoded.blocks, known)) return false;
  DeleteSet unknown = std::move(decoded.deletes);
  unknown.remove(snapshot.deletes);
  return unknown.empty();
}

}  // namespace syncline::crdt
