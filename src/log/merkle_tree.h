// The Merkle tree over a workspace's events. It makes a log of any length provable with a few
// hashes.
//
// Leaf i (counted from 0) is the hash of the event at position i + 1. A tree of `size` leaves has
// one root, which commits to all of them in order. There are two kinds of proof:
//   inclusion     this event is in the tree with that root
//   consistency   the tree of m leaves with that root is the beginning of the tree of n leaves
//
// Inner nodes over whole power-of-two blocks never change when the tree grows. Only those are
// stored (Node). Everything else is computed from at most 64 of them, so proofs cost O(log size).
//
// Source: RFC 6962 section 2.1 for the tree and the proofs; RFC 9162 section 2.1.3 and 2.1.4 for
// verification. Thread-safety: values and pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/sha256.h"

namespace syncline::log::merkle {

using Proof = std::vector<Hash256>;

// The root over the 2^level leaves from leaf index * 2^level on.
struct Node {
  unsigned level = 0;
  std::uint64_t index = 0;

  bool operator==(const Node&) const = default;
};

Hash256 parent(const Hash256& left, const Hash256& right);

// The root of a tree without leaves.
Hash256 empty_root();

// The root over a whole block. `hashes` are adjacent hashes of one level; their number is a power
// of two.
Hash256 block_root(std::span<const Hash256> hashes);

// ---- growing

// The right edge of a tree. It is enough to add leaves and to compute the root, and needs O(log
// size) memory.
class Frontier {
 public:
  Frontier() = default;
  // The frontier of a tree of `size` leaves, from the hashes of frontier_nodes(size).
  Frontier(std::uint64_t size, std::vector<Hash256> nodes);

  void append(const Hash256& leaf);
  std::uint64_t size() const { return size_; }
  Hash256 root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash256> nodes_;  // largest block first: one for each bit of size_
};

std::vector<Node> frontier_nodes(std::uint64_t size);

// ---- proving

// The nodes that make a proof. Each hash of the proof is computed from one or more of them.
struct ProofPlan {
  std::vector<Node> nodes;          // in the order in which make_proof expects their hashes
  std::vector<std::uint32_t> take;  // how many nodes make each hash of the proof
};

// `leaf` < `size`.
ProofPlan plan_inclusion(std::uint64_t leaf, std::uint64_t size);
// `old_size` <= `size`. The proof is empty for old sizes 0 and `size`, because there is nothing to
// prove.
ProofPlan plan_consistency(std::uint64_t old_size, std::uint64_t size);

// `hashes` are those of plan.nodes, in their order.
Proof make_proof(const ProofPlan& plan, std::span<const Hash256> hashes);

// ---- verifying

bool verify_inclusion(const Hash256& leaf_hash, std::uint64_t leaf, std::uint64_t size,
                      const Proof& proof, const Hash256& root);
bool verify_consistency(std::uint64_t old_size, const Hash256& old_root, std::uint64_t size,
                        const Hash256& root, const Proof& proof);

}  // namespace syncline::log::merkle
