#include "log/merkle_tree.h"

#include <bit>

#include "base/assert.h"

namespace syncline::log::merkle {
namespace {

constexpr std::uint8_t kNodePrefix = 1;

// Leaves [begin, end). begin is a multiple of the smallest power of two that is at least the
// length. Every range in a proof has this form.
struct Range {
  std::uint64_t begin;
  std::uint64_t end;
};

// Appends the whole blocks that make up a range, the largest first.
void add_blocks(Range range, std::vector<Node>& out) {
  while (range.begin < range.end) {
    const auto level = static_cast<unsigned>(std::bit_width(range.end - range.begin) - 1);
    out.push_back({level, range.begin >> level});
    range.begin += std::uint64_t{1} << level;
  }
}

// The largest power of two below `size` (> 1): where RFC 6962 splits a tree.
std::uint64_t split_of(std::uint64_t size) {
  return std::bit_floor(size - 1);
}

Hash256 fold(std::span<const Hash256> blocks) {
  Hash256 root = blocks.back();
  for (std::size_t i = blocks.size() - 1; i-- > 0;) root = parent(blocks[i], root);
  return root;
}

// The ranges are found from the root down, but a proof is ordered from the leaf up.
ProofPlan plan_of(const std::vector<Range>& ranges) {
  ProofPlan plan;
  for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
    const std::size_t before = plan.nodes.size();
    add_blocks(*range, plan.nodes);
    plan.take.push_back(static_cast<std::uint32_t>(plan.nodes.size() - before));
  }
  return plan;
}

}  // namespace

Hash256 parent(const Hash256& left, const Hash256& right) {
  Sha256 hasher;
  hasher.update({&kNodePrefix, 1});
  hasher.update(left);
  hasher.update(right);
  return hasher.finish();
}

Hash256 empty_root() {
  return sha256({});
}

Hash256 block_root(std::span<const Hash256> hashes) {
  SYNCLINE_ASSERT(std::has_single_bit(hashes.size()));
  std::vector<Hash256> level(hashes.begin(), hashes.end());
  for (; level.size() > 1; level.resize(level.size() / 2)) {
    for (std::size_t i = 0; i < level.size() / 2; ++i)
      level[i] = parent(level[2 * i], level[2 * i + 1]);
  }
  return level.front();
}

// ---- growing

Frontier::Frontier(std::uint64_t size, std::vector<Hash256> nodes)
    : size_(size), nodes_(std::move(nodes)) {
  SYNCLINE_ASSERT(nodes_.size() == static_cast<std::size_t>(std::popcount(size_)));
}

void Frontier::append(const Hash256& leaf) {
  Hash256 hash = leaf;
  // This is like adding one to a binary number: each full block on the way becomes part of a larger
  // one.
  for (std::uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
    hash = parent(nodes_.back(), hash);
    nodes_.pop_back();
  }
  nodes_.push_back(hash);
  ++size_;
}

Hash256 Frontier::root() const {
  return nodes_.empty() ? empty_root() : fold(nodes_);
}

std::vector<Node> frontier_nodes(std::uint64_t size) {
  std::vector<Node> nodes;
  add_blocks({0, size}, nodes);
  return nodes;
}

// ---- proving

ProofPlan plan_inclusion(std::uint64_t leaf, std::uint64_t size) {
  SYNCLINE_ASSERT(leaf < size);
  std::vector<Range> siblings;
  for (Range tree{0, size}; tree.end - tree.begin > 1;) {
    const std::uint64_t middle = tree.begin + split_of(tree.end - tree.begin);
    const bool left = leaf < middle;
    siblings.push_back(left ? Range{middle, tree.end} : Range{tree.begin, middle});
    tree = left ? Range{tree.begin, middle} : Range{middle, tree.end};
  }
  return plan_of(siblings);
}

ProofPlan plan_consistency(std::uint64_t old_size, std::uint64_t size) {
  SYNCLINE_ASSERT(old_size <= size);
  if (old_size == 0 || old_size == size) return {};
  std::vector<Range> ranges;
  Range tree{0, size};
  while (tree.end != old_size) {
    const std::uint64_t middle = tree.begin + split_of(tree.end - tree.begin);
    const bool left = old_size <= middle;
    ranges.push_back(left ? Range{middle, tree.end} : Range{tree.begin, middle});
    tree = left ? Range{tree.begin, middle} : Range{middle, tree.end};
  }
  // The remaining range ends where the old tree ends. If it is the whole old tree, the verifier has
  // its root.
  if (tree.begin != 0) ranges.push_back(tree);
  return plan_of(ranges);
}

Proof make_proof(const ProofPlan& plan, std::span<const Hash256> hashes) {
  SYNCLINE_ASSERT(hashes.size() == plan.nodes.size());
  Proof proof;
  for (const std::uint32_t count : plan.take) {
    proof.push_back(fold(hashes.first(count)));
    hashes = hashes.subspan(count);
  }
  return proof;
}

// ---- verifying

bool verify_inclusion(const Hash256& leaf_hash, std::uint64_t leaf, std::uint64_t size,
                      const Proof& proof, const Hash256& root) {
  if (leaf >= size) return false;
  std::uint64_t node = leaf;
  std::uint64_t last = size - 1;
  Hash256 hash = leaf_hash;
  for (const Hash256& sibling : proof) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      hash = parent(sibling, hash);
      while ((node & 1) == 0 && node != 0) node >>= 1, last >>= 1;
    } else {
      hash = parent(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

bool verify_consistency(std::uint64_t old_size, const Hash256& old_root, std::uint64_t size,
                        const Hash256& root, const Proof& proof) {
  if (old_size > size) return false;
  if (old_size == size) return proof.empty() && old_root == root;
  if (old_size == 0) return proof.empty() && old_root == empty_root();
  std::span<const Hash256> path(proof);
  Hash256 old_hash = old_root;
  if (!std::has_single_bit(old_size)) {
    if (path.empty()) return false;
    old_hash = path.front();
    path = path.subspan(1);
  }
  Hash256 hash = old_hash;
  std::uint64_t node = old_size - 1;
  std::uint64_t last = size - 1;
  while ((node & 1) != 0) node >>= 1, last >>= 1;
  for (const Hash256& sibling : path) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      old_hash = parent(sibling, old_hash);
      hash = parent(sibling, hash);
      while ((node & 1) == 0 && node != 0) node >>= 1, last >>= 1;
    } else {
      hash = parent(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && old_hash == old_root && hash == root;
}

}  // namespace syncline::log::merkle
