// Finds the parents of the blocks of an update. Most blocks do not state their parent and key: they
// share those of the neighbour next to which they were inserted. This walks along the neighbours
// until one states them.
//
// Costs: O(blocks · log clients' blocks) in total.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "crdt/block.h"

namespace syncline::cli {

struct Parent {
  crdt::ParentKind kind = crdt::ParentKind::kNone;  // kNone: this update does not contain it
  std::string_view root;                            // kRoot
  crdt::Id item;                                    // kItem
  std::string_view key;
  bool has_key = false;
};

class Parents {
 public:
  // `update` must outlive this.
  explicit Parents(const crdt::DecodedUpdate& update);

  // The parent of update.blocks[index].
  const Parent& of(std::size_t index) const { return parents_[index]; }

  // The index of the block that contains `id`.
  std::optional<std::size_t> find(crdt::Id id) const;

 private:
  void resolve(std::size_t index);
  std::optional<std::size_t> neighbour(const crdt::Block& block) const;

  const crdt::DecodedUpdate& update_;
  std::vector<crdt::DecodedUpdate::ClientBlocks> by_client_;  // ascending
  std::vector<Parent> parents_;
  std::vector<bool> known_;
};

}  // namespace syncline::cli
