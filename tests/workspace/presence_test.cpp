#include "workspace/presence.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "workspace/live_object.h"

namespace syncline::workspace {
namespace {

class Connection final : public Subscriber {
  void on_change(const Broadcast&) override {}
  void on_awareness(const Broadcast&) override {}
  void on_lost(const Error&) override {}
};

Bytes states(crdt::ClientId first, std::size_t count, std::uint64_t clock) {
  std::vector<crdt::AwarenessEntry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    entries.push_back({.client = first + i, .clock = clock, .state = "{}", .gone = false});
  }
  return crdt::encode_awareness(entries);
}

// y-websocket's provider sends what it hears of others back to the server.
TEST(Presence, AnEchoDoesNotMakeAClientAnothersOwn) {
  Presence presence;
  Connection ann;
  Connection bob;
  ASSERT_TRUE(presence.update(ann, states(1, 1, 1), 0));
  ASSERT_TRUE(presence.update(bob, states(1, 1, 1), 0));
  EXPECT_FALSE(presence.leave(bob, 0));
  EXPECT_TRUE(presence.leave(ann, 0));
  EXPECT_FALSE(presence.everybody());
}

TEST(Presence, AnEchoOfACrowdIsNotTooMuch) {
  Presence presence;
  std::vector<Connection> crowd(2 * kMaxPresenceClientsPerOwner);
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    ASSERT_TRUE(presence.update(crowd[i], states(i + 1, 1, 1), 0));
  }
  EXPECT_TRUE(presence.update(crowd[0], states(1, crowd.size(), 1), 0));
  Connection liar;
  EXPECT_FALSE(presence.update(liar, states(100'000, kMaxPresenceClientsPerOwner + 1, 1), 0));
}

TEST(Presence, NewsFromAnotherConnectionMovesAClientThere) {
  Presence presence;
  Connection before;
  Connection after;
  ASSERT_TRUE(presence.update(before, states(1, 1, 1), 0));
  ASSERT_TRUE(presence.update(after, states(1, 1, 2), 0));
  EXPECT_FALSE(presence.leave(before, 0));
  EXPECT_TRUE(presence.leave(after, 0));
}

}  // namespace
}  // namespace syncline::workspace
