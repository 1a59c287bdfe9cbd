#include "store/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/mutation.h"
#include "log/read_check.h"
#include "store/contents.h"

namespace syncline::store {
namespace {

constexpr std::size_t kHashBytes = sizeof(Hash256);

ByteView as_view(const std::vector<Hash256>& hashes) {
  return {hashes.data()->data(), hashes.size() * kHashBytes};
}

std::unexpected<Error> damaged(unsigned level, std::uint64_t index) {
  return fail(ErrorCode::kCorrupt,
              fmt::format("tree value {} of level {} is damaged", index, level));
}

std::unexpected<Error> missing(std::uint64_t leaf) {
  return fail(ErrorCode::kNotFound, fmt::format("the log has no event {}", leaf + 1));
}

void add_hashes(std::string_view bytes, std::vector<Hash256>& out) {
  const std::size_t before = out.size();
  out.resize(before + bytes.size() / kHashBytes);
  std::memcpy(out[before].data(), bytes.data(), bytes.size());
}

// Reads the hashes of a level from the tables; for leaves after the last full tile, from the
// events.
class HashReader {
 public:
  HashReader(const Tables& tables, WorkspaceId id) : tables_(tables), id_(id) {}

  Result<void> read(unsigned level, std::uint64_t first, std::uint64_t count,
                    std::vector<Hash256>& out) {
    while (count > 0) {
      const std::uint64_t step = std::min(count, kTileHashes - first % kTileHashes);
      const Result<void> ok =
          level == 0 ? read_leaves(first, step, out) : read_roots(level, first, step, out);
      if (!ok) return ok;
      first += step;
      count -= step;
    }
    return {};
  }

 private:
  Result<void> read_leaves(std::uint64_t first, std::uint64_t count, std::vector<Hash256>& out) {
    const std::uint64_t tile = first / kTileHashes;
    const auto value = tables_.get(Family::kTree, tree_key(id_, 0, tile));
    if (!value) return fail_while("reading the tree", value.error());
    if (!*value) return read_events(first, count, out);
    if ((*value)->size() != kTileHashes * kHashBytes) return damaged(0, tile);
    const std::string_view bytes = **value;
    add_hashes(bytes.substr(first % kTileHashes * kHashBytes, count * kHashBytes), out);
    return {};
  }

  Result<void> read_events(std::uint64_t first, std::uint64_t count, std::vector<Hash256>& out) {
    const auto cursor = tables_.cursor(Family::kEvents, id_key(id_ + 1));
    // Starts at the event before. A record with a right checksum may still come from a wrong place,
    // and what is signed over it binds. So each event must continue the one before it.
    const std::uint64_t from = first == 0 ? 0 : first - 1;
    Hash256 previous{};
    cursor->seek(event_key(id_, from + 1));
    for (std::uint64_t leaf = from; leaf < first + count; ++leaf, cursor->next()) {
      if (const auto read = cursor->status(); !read)
        return fail_while("reading events for the tree", read.error());
      if (!cursor->valid() || cursor->key() != event_key(id_, leaf + 1)) return missing(leaf);
      const auto event = log::decode_event(as_bytes(cursor->value()));
      if (!event) return std::unexpected(event.error());
      const bool follows = leaf < first || event->previous_hash == previous;
      if (event->position != leaf + 1 || !follows)
        return fail(ErrorCode::kCorrupt,
                    fmt::format("where event {} should be is another", leaf + 1));
      previous = event->hash;
      if (leaf >= first) out.push_back(event->hash);
    }
    return {};
  }

  Result<void> read_roots(unsigned level, std::uint64_t first, std::uint64_t count,
                          std::vector<Hash256>& out) {
    const auto cursor = tables_.cursor(Family::kTree, id_key(id_ + 1));
    cursor->seek(tree_key(id_, level, first));
    for (std::uint64_t index = first; index < first + count; ++index, cursor->next()) {
      if (const auto read = cursor->status(); !read)
        return fail_while("reading the tree", read.error());
      if (!cursor->valid() || cursor->key() != tree_key(id_, level, index))
        return missing(index << (kTileBits * level));
      if (cursor->value().size() != kHashBytes) return damaged(level, index);
      add_hashes(cursor->value(), out);
    }
    return {};
  }

  const Tables& tables_;
  WorkspaceId id_;
};

}  // namespace

Result<void> TreeEdge::append(const Hash256& leaf, TileStore& store) {
  if (open_.empty()) open_.emplace_back();
  open_[0].push_back(leaf);
  ++size_;
  for (unsigned level = 0; size_ % (std::uint64_t{1} << (kTileBits * (level + 1))) == 0; ++level)
    if (auto ok = complete_tile(level, store); !ok) return ok;
  return {};
}

std::size_t TreeEdge::memory_bytes() const {
  std::size_t bytes = open_.capacity() * sizeof(open_[0]);
  for (const auto& tile : open_) bytes += tile.capacity() * sizeof(Hash256);
  return bytes;
}

Result<void> TreeEdge::complete_tile(unsigned level, TileStore& store) {
  const std::uint64_t index = (size_ >> (kTileBits * (level + 1))) - 1;
  std::vector<Hash256> tile = std::move(open_[level]);
  open_[level].clear();
  if (const std::uint64_t before = kTileHashes - tile.size(); before > 0) {
    auto loaded = store.load(level, index * kTileHashes, before);
    if (!loaded) return std::unexpected(std::move(loaded.error()));
    tile.insert(tile.begin(), loaded->begin(), loaded->end());
  }
  SYNCLINE_ASSERT(tile.size() == kTileHashes);
  if (level == 0)
    if (auto ok = store.put(0, index, as_view(tile)); !ok) return ok;
  const Hash256 root = log::merkle::block_root(tile);
  if (open_.size() == level + 1) open_.emplace_back();
  open_[level + 1].push_back(root);
  return store.put(level + 1, index, root);
}

Result<std::vector<Hash256>> StagedTiles::load(unsigned level, std::uint64_t first,
                                               std::uint64_t count) {
  std::vector<Hash256> hashes;
  if (auto ok = HashReader(tables_, id_).read(level, first, count, hashes); !ok)
    return std::unexpected(std::move(ok.error()));
  return hashes;
}

Result<void> StagedTiles::put(unsigned level, std::uint64_t index, ByteView value) {
  if (level == 1 && is_mutated(Mutation::lose_tile_root)) return {};
  staged_.emplace_back(tree_key(id_, level, index), as_text(value));
  return {};
}

void StagedTiles::write_to(Writes& writes) {
  for (const auto& [key, value] : staged_) writes.put(Family::kTree, key, value);
  staged_.clear();
}

Result<std::vector<Hash256>> read_tree_nodes(const Tables& tables, const std::string& workspace,
                                             std::span<const log::merkle::Node> nodes) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id && !nodes.empty()) return missing(0);
  std::vector<Hash256> out;
  std::vector<Hash256> block;
  for (const log::merkle::Node& node : nodes) {
    const unsigned level = node.level / kTileBits;
    const unsigned rest = node.level % kTileBits;
    block.clear();
    HashReader reader(tables, **id);
    if (auto ok = reader.read(level, node.index << rest, std::uint64_t{1} << rest, block); !ok)
      return fail_while(fmt::format("workspace {}", workspace), ok.error());
    out.push_back(log::merkle::block_root(block));
  }
  return out;
}

}  // namespace syncline::store
