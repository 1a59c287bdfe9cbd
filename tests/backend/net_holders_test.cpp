// Whom to cut when many hold too much, found without looking at all of them.
#include "backend/net/holders.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

namespace syncline::backend {
namespace {

struct Peer {
  std::size_t bytes = 0;
  std::uint64_t since = 0;
};

class HoldersTest : public ::testing::Test {
 protected:
  void set(Peer& peer, std::size_t bytes, std::uint64_t now) {
    if (peer.bytes == 0) peer.since = now;
    holders_.change(&peer, std::exchange(peer.bytes, bytes), bytes, peer.since);
  }

  Holders<Peer> holders_;
};

TEST_F(HoldersTest, OfThoseWithMostTheOneThatHasHeldForLongest) {
  Peer small;
  Peer quick;
  Peer slow;
  set(small, 10, 1);
  EXPECT_EQ(holders_.worst(), &small);
  EXPECT_EQ(holders_.by_far_largest(), &small);
  set(slow, 600, 2);
  set(quick, 1000, 3);
  EXPECT_EQ(holders_.worst(), &slow);
  EXPECT_EQ(holders_.by_far_largest(), nullptr);
  set(quick, 5000, 4);
  EXPECT_EQ(holders_.by_far_largest(), &quick);
  EXPECT_EQ(holders_.worst(), &quick) << "the other one holds less than a quarter";
  set(quick, 0, 5);
  set(slow, 0, 5);
  EXPECT_EQ(holders_.worst(), &small);
  set(small, 0, 5);
  EXPECT_EQ(holders_.worst(), nullptr);
  EXPECT_TRUE(holders_.empty());
}

TEST_F(HoldersTest, TheWorstHoldsAtLeastAQuarterOfTheLargest) {
  std::mt19937 random(7);
  std::vector<Peer> peers(300);
  for (std::uint64_t now = 1; now < 20'000; ++now) {
    Peer& peer = peers[random() % peers.size()];
    set(peer, random() % 3 == 0 ? 0 : random() >> (random() % 30), now);
    const auto largest = std::ranges::max_element(peers, {}, &Peer::bytes);
    const Peer* const worst = holders_.worst();
    ASSERT_EQ(worst == nullptr, largest->bytes == 0);
    if (worst == nullptr) continue;
    ASSERT_GE(worst->bytes, largest->bytes / 4);
    for (const Peer& other : peers)
      ASSERT_TRUE(2 * other.bytes < largest->bytes || other.since >= worst->since);
    const Peer* const alone = holders_.by_far_largest();
    ASSERT_TRUE(alone == nullptr || alone == &*largest);
  }
}

TEST(Holders, WhoHoldsLittleIsNotListed) {
  Holders<Peer> holders(4096);
  Peer peer;
  holders.change(&peer, 0, 4095, 1);
  EXPECT_TRUE(holders.empty());
  holders.change(&peer, 4095, 4096, 1);
  EXPECT_EQ(holders.worst(), &peer);
  EXPECT_TRUE(holders.anybody_with(4096));
  EXPECT_FALSE(holders.anybody_with(8192));
  holders.change(&peer, 4096, 100, 1);
  EXPECT_TRUE(holders.empty());
}

}  // namespace
}  // namespace syncline::backend
