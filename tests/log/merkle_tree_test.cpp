// The tree against RFC 6962's recursive definitions, written down here once more and naively.
#include "log/merkle_tree.h"

#include <gtest/gtest.h>

#include <bit>

namespace syncline::log::merkle {
namespace {

using Leaves = std::span<const Hash256>;

Hash256 leaf_of(ByteView data) {
  Bytes bytes{0};
  bytes.insert(bytes.end(), data.begin(), data.end());
  return sha256(bytes);
}

std::vector<Hash256> leaves(std::size_t count) {
  std::vector<Hash256> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(leaf_of(Bytes{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)}));
  return out;
}

Hash256 naive_root(Leaves leaves) {
  if (leaves.empty()) return sha256({});
  if (leaves.size() == 1) return leaves[0];
  const std::size_t k = std::bit_floor(leaves.size() - 1);
  Bytes bytes{1};
  for (const Hash256& half : {naive_root(leaves.first(k)), naive_root(leaves.subspan(k))})
    bytes.insert(bytes.end(), half.begin(), half.end());
  return sha256(bytes);
}

Proof naive_path(std::size_t m, Leaves leaves) {
  if (leaves.size() <= 1) return {};
  const std::size_t k = std::bit_floor(leaves.size() - 1);
  const bool left = m < k;
  Proof path = left ? naive_path(m, leaves.first(k)) : naive_path(m - k, leaves.subspan(k));
  path.push_back(naive_root(left ? leaves.subspan(k) : leaves.first(k)));
  return path;
}

Proof naive_subproof(std::size_t m, Leaves leaves, bool whole) {
  if (m == leaves.size()) return whole ? Proof{} : Proof{naive_root(leaves)};
  const std::size_t k = std::bit_floor(leaves.size() - 1);
  const bool left = m <= k;
  Proof proof = left ? naive_subproof(m, leaves.first(k), whole)
                     : naive_subproof(m - k, leaves.subspan(k), false);
  proof.push_back(naive_root(left ? leaves.subspan(k) : leaves.first(k)));
  return proof;
}

std::vector<Hash256> hashes_of(const std::vector<Node>& nodes, Leaves leaves) {
  std::vector<Hash256> out;
  for (const Node& node : nodes) {
    const std::size_t length = std::size_t{1} << node.level;
    out.push_back(block_root(leaves.subspan(node.index * length, length)));
  }
  return out;
}

constexpr std::size_t kSizes = 70;

TEST(MerkleTree, HasTheRootsOfThePublishedExample) {
  const std::vector<Bytes> data = {{},
                                   {0x00},
                                   {0x10},
                                   {0x20, 0x21},
                                   {0x30, 0x31},
                                   {0x40, 0x41, 0x42, 0x43},
                                   {0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57},
                                   {0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
                                    0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f}};
  Frontier tree;
  EXPECT_EQ(to_hex(tree.root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (const Bytes& bytes : data) tree.append(leaf_of(bytes));
  EXPECT_EQ(to_hex(tree.root()),
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

TEST(MerkleTree, GrowsAsDefined) {
  const auto all = leaves(kSizes);
  Frontier tree;
  for (std::size_t size = 0; size <= kSizes; ++size) {
    const Leaves some = Leaves(all).first(size);
    EXPECT_EQ(tree.size(), size);
    EXPECT_EQ(tree.root(), naive_root(some)) << size;
    EXPECT_EQ(Frontier(size, hashes_of(frontier_nodes(size), some)).root(), tree.root()) << size;
    if (size < kSizes) tree.append(all[size]);
  }
}

TEST(MerkleTree, ProvesInclusion) {
  const auto all = leaves(kSizes);
  for (std::size_t size = 1; size <= kSizes; ++size) {
    const Leaves some = Leaves(all).first(size);
    const Hash256 root = naive_root(some);
    for (std::size_t leaf = 0; leaf < size; ++leaf) {
      const ProofPlan plan = plan_inclusion(leaf, size);
      Proof proof = make_proof(plan, hashes_of(plan.nodes, some));
      EXPECT_EQ(proof, naive_path(leaf, some)) << leaf << " of " << size;
      EXPECT_TRUE(verify_inclusion(all[leaf], leaf, size, proof, root));
      EXPECT_FALSE(verify_inclusion(all[leaf], size, size, proof, root));
      EXPECT_FALSE(verify_inclusion(sha256(all[leaf]), leaf, size, proof, root));
      proof.push_back(root);
      EXPECT_FALSE(verify_inclusion(all[leaf], leaf, size, proof, root)) << "one hash too many";
      proof.pop_back();
      if (proof.empty()) continue;
      proof[leaf % proof.size()][0] ^= 1;
      EXPECT_FALSE(verify_inclusion(all[leaf], leaf, size, proof, root));
      proof.pop_back();
      EXPECT_FALSE(verify_inclusion(all[leaf], leaf, size, proof, root)) << "one hash too few";
    }
  }
}

TEST(MerkleTree, ProvesConsistency) {
  const auto all = leaves(kSizes);
  for (std::size_t size = 0; size <= kSizes; ++size) {
    const Leaves some = Leaves(all).first(size);
    const Hash256 root = naive_root(some);
    for (std::size_t old = 0; old <= size; ++old) {
      const Hash256 old_root = naive_root(some.first(old));
      const ProofPlan plan = plan_consistency(old, size);
      Proof proof = make_proof(plan, hashes_of(plan.nodes, some));
      EXPECT_EQ(proof, old > 0 ? naive_subproof(old, some, true) : Proof{})
          << old << " of " << size;
      EXPECT_TRUE(verify_consistency(old, old_root, size, root, proof)) << old << " of " << size;
      if (old == size) continue;
      EXPECT_FALSE(verify_consistency(old, sha256(root), size, root, proof));
      EXPECT_FALSE(verify_consistency(size, root, old, old_root, proof));
      if (old == 0) continue;
      EXPECT_FALSE(verify_consistency(old, old_root, size, sha256(root), proof));
      proof[old % proof.size()][31] ^= 1;
      EXPECT_FALSE(verify_consistency(old, old_root, size, root, proof));
      proof.pop_back();
      EXPECT_FALSE(verify_consistency(old, old_root, size, root, proof));
    }
  }
}

}  // namespace
}  // namespace syncline::log::merkle
