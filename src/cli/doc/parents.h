// Where the blocks of an update belong. Most blocks do not say it: they share the parent and key of
// the neighbour that they were inserted beside. This looks along neighbours until one says it.
//
// Costs: O(blocks · log clients' blocks) in all.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "crdt/block.h"

namespace syncline::cli {

struct Parent {
  crdt::ParentKind kind = crdt::ParentKind::kNone;  // kNone: not to be found in this update
  std::string_view root;                            // kRoot
  crdt::Id item;                                    // kItem
  std::string_view key;
  bool has_key = false;
};

class Parents {
 public:
  // `update` must outlive this.
  explicit Parents(const crdt::DecodedUpdate& update);

  // Of update.blocks[index].
  const Parent& of(std::size_t index) const { return parents_[index]; }

  // Index of the block that holds `id`.
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
