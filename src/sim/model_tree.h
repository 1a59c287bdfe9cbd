// ModelTree: the Merkle tree of RFC 6962, section 2.1, computed in the simplest way. The product's
// roots are compared with it. It shares no code with log/merkle_tree.h except SHA-256.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/sha256.h"

namespace syncline::sim {

class ModelTree {
 public:
  void append(const Hash256& leaf) {
    blocks_.emplace_back(1, leaf);
    while (blocks_.size() > 1 && blocks_[blocks_.size() - 2].first == blocks_.back().first) {
      auto [size, right] = blocks_.back();
      blocks_.pop_back();
      blocks_.back() = {2 * size, parent(blocks_.back().second, right)};
    }
  }

  // Requires at least one leaf.
  Hash256 root() const {
    Hash256 root = blocks_.back().second;
    for (std::size_t i = blocks_.size() - 1; i-- > 0;) root = parent(blocks_[i].second, root);
    return root;
  }

 private:
  static Hash256 parent(const Hash256& left, const Hash256& right) {
    constexpr std::uint8_t kInner = 1;
    Sha256 hasher;
    hasher.update({&kInner, 1});
    hasher.update(left);
    hasher.update(right);
    return hasher.finish();
  }

  // Whole blocks by size, the largest first.
  std::vector<std::pair<std::uint64_t, Hash256>> blocks_;
};

}  // namespace syncline::sim
