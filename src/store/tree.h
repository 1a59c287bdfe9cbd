// The Merkle tree of a workspace as the store keeps it. It provides the hashes for a proof without
// reading the events.
//
// The tree (log/merkle_tree.h) is divided into tiles of 256 hashes. A full tile of leaf hashes is
// one value of family kTree (level 0). The root of each full tile is a value of its own on level 1;
// 256 of these make a tile whose root is on level 2, and so on. They are written with the event
// that completes them and never change. Hashes that are not in a full tile yet, at most 255 leaves,
// are computed from the events. This takes 33 bytes per event, and one write per 256 events.
//
// Thread-safety: none per object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "log/merkle_tree.h"
#include "store/keys.h"
#include "store/tables.h"

namespace syncline::store {

inline constexpr unsigned kTileBits = 8;
inline constexpr std::uint64_t kTileHashes = std::uint64_t{1} << kTileBits;

// Where new tiles are stored, and where earlier hashes are read.
class TileStore {
 public:
  virtual ~TileStore() = default;
  // `count` hashes of a level from `first` on. All of them must be stored, and in one tile.
  virtual Result<std::vector<Hash256>> load(unsigned level, std::uint64_t first,
                                            std::uint64_t count) = 0;
  virtual Result<void> put(unsigned level, std::uint64_t index, ByteView value) = 0;
};

// The growing edge of a tree. It takes leaves and stores the tiles that they complete.
class TreeEdge {
 public:
  // The edge of a tree whose first `size` leaves are stored.
  explicit TreeEdge(std::uint64_t size = 0) : size_(size) {}

  // Loads at most 255 hashes per level, and only for the first tile that it completes. After an
  // error the object must not be used.
  Result<void> append(const Hash256& leaf, TileStore& store);

  std::size_t memory_bytes() const;

 private:
  Result<void> complete_tile(unsigned level, TileStore& store);

  std::uint64_t size_;  // leaves
  // By level: the hashes of its open tile, without those from before this object was made.
  std::vector<std::vector<Hash256>> open_;
};

// The tiles of one workspace. It loads from tables, and collects new tiles until write_to() adds
// them to a batch.
class StagedTiles final : public TileStore {
 public:
  StagedTiles(const Tables& tables, WorkspaceId id) : tables_(tables), id_(id) {}

  Result<std::vector<Hash256>> load(unsigned level, std::uint64_t first,
                                    std::uint64_t count) override;
  Result<void> put(unsigned level, std::uint64_t index, ByteView value) override;

  void write_to(Writes& writes);

 private:
  const Tables& tables_;
  WorkspaceId id_;
  std::vector<std::pair<std::string, std::string>> staged_;
};

// The hashes of whole blocks. kNotFound if the log does not reach that far.
Result<std::vector<Hash256>> read_tree_nodes(const Tables& tables, const std::string& workspace,
                                             std::span<const log::merkle::Node> nodes);

}  // namespace syncline::store
