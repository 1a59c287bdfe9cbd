#include "workspace/presence.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "workspace/live_object.h"

namespace syncline::workspace {
namespace {

class Connection : public Subscriber {
  void on_change(const Delivery&) override {}
  void on_presence(const Delivery&) override {}
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
  EXPECT_FALSE(presence.everybody(ann));
}

TEST(Presence, AnEchoOfACrowdIsNotTooMuch) {
  Presence presence;
  std::vector<Connection> crowd(2 * kMaxPresenceClientsPerOwner);
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    ASSERT_TRUE(presence.update(crowd[i], states(i + 1, 1, 1), 0));
  }
  EXPECT_TRUE(presence.update(crowd[0], states(1, crowd.size(), 1), 0));
  Connection liar;
  const auto claimed =
      presence.update(liar, states(100'000, kMaxPresenceClientsPerOwner + 1, 1), 0);
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->dropped->code, ErrorCode::kTooLarge);
  EXPECT_EQ(crdt::decode_awareness(claimed->others)->size(), kMaxPresenceClientsPerOwner);
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

// ---- states over the limit

Bytes state(crdt::ClientId client, std::uint64_t clock, const std::string& json) {
  const crdt::AwarenessEntry entry{
      .client = client, .clock = clock, .state = json, .gone = json == "null"};
  return crdt::encode_awareness({&entry, 1});
}

std::string avatar(std::size_t bytes) {
  return "\"" + std::string(bytes, 'x') + "\"";
}

TEST(Presence, AStateOverTheLimitIsDroppedAndItsClientIsGone) {
  Presence presence;
  Connection ann;
  Connection bob;
  presence.join(bob);
  ASSERT_TRUE(presence.update(ann, state(1, 1, "{}"), 0));
  const auto large = presence.update(ann, state(1, 2, avatar(100'000)), 0);
  ASSERT_TRUE(large);
  ASSERT_TRUE(large->dropped);
  EXPECT_EQ(large->dropped->code, ErrorCode::kTooLarge);
  EXPECT_EQ(large->others, state(1, 2, "null"));
  EXPECT_TRUE(large->sender.empty()) << "it would answer that it is there, with the same state";
  EXPECT_FALSE(presence.everybody(bob));
  const auto again = presence.update(ann, state(1, 3, avatar(100'000)), 0);
  EXPECT_TRUE(again->dropped);
  EXPECT_TRUE(again->others.empty());
  const auto small = presence.update(ann, state(1, 4, "{}"), 0);
  EXPECT_FALSE(small->dropped);
  EXPECT_EQ(small->others, state(1, 4, "{}"));
}

TEST(Presence, WhatIsDroppedLeavesTheRestOfTheMessage) {
  Presence presence;
  Connection ann;
  const std::string large = avatar(100'000);
  const std::vector<crdt::AwarenessEntry> both{{.client = 1, .clock = 1, .state = large},
                                               {.client = 2, .clock = 1, .state = "{}"}};
  const auto news = presence.update(ann, crdt::encode_awareness(both), 0);
  ASSERT_TRUE(news);
  EXPECT_TRUE(news->dropped);
  EXPECT_EQ(news->others, state(2, 1, "{}"));
}

// The states of a crowd are sent to each who joins, and y-websocket sends them all back.
TEST(Presence, AnEchoOfManyStatesIsNotTooLargeTogether) {
  Presence presence;
  std::vector<Connection> crowd(20);
  std::vector<crdt::AwarenessEntry> all;
  const std::string json = avatar(10'000);
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    all.push_back({.client = i + 1, .clock = 1, .state = json});
    ASSERT_TRUE(presence.update(crowd[i], crdt::encode_awareness({&all.back(), 1}), 0));
  }
  const auto echo = presence.update(crowd[0], crdt::encode_awareness(all), 0);
  ASSERT_TRUE(echo);
  EXPECT_FALSE(echo->dropped);
  EXPECT_TRUE(echo->others.empty());
}

// ---- reconnects

// A published client: what it knows of others and of itself is y-protocols' awareness.
struct Peer : Connection {
  explicit Peer(Presence& of) : presence(of) { presence.join(*this); }
  // What it hears of `id`; empty: it is gone or unknown.
  std::string sees(crdt::ClientId id) const { return std::string(awareness.state(id)); }
  void hear(ByteView update) { ASSERT_TRUE(update.empty() || awareness.apply(update, 0)); }
  Presence& presence;
  crdt::Awareness awareness;
};

TEST(Presence, AClientThatReconnectsIsSeenAtOnce) {
  Presence presence;
  Peer bob(presence);
  auto before = std::make_unique<Peer>(presence);
  bob.hear(presence.update(*before, state(1, 5, "\"a\""), 0)->others);
  bob.hear(*presence.leave(*before, 0));
  EXPECT_EQ(bob.sees(1), "");

  Peer after(presence);
  const auto news = presence.update(after, state(1, 5, "\"a\""), 0);
  bob.hear(news->others);
  EXPECT_EQ(bob.sees(1), "\"a\"");
  // What it says next, under the clocks that follow its own, is seen as well.
  bob.hear(presence.update(after, state(1, 6, "\"b\""), 0)->others);
  EXPECT_EQ(bob.sees(1), "\"b\"");
  bob.hear(presence.update(after, state(1, 7, "\"b\""), 0)->others);
  bob.hear(presence.update(after, state(1, 8, "null"), 0)->others);
  EXPECT_EQ(bob.sees(1), "");
  // And so is the next time.
  bob.hear(presence.update(after, state(1, 9, "\"c\""), 0)->others);
  EXPECT_EQ(bob.sees(1), "\"c\"");
}

// However often it comes back, and whatever of that it has heard itself.
TEST(Presence, AClientIsNeverToldOfAClockFarAboveItsOwn) {
  Presence presence;
  Peer bob(presence);
  for (std::uint64_t round = 0; round < 5; ++round) {
    Peer again(presence);
    const auto news = presence.update(again, state(1, 5, "\"a\""), 0);
    bob.hear(news->others);
    EXPECT_EQ(bob.sees(1), "\"a\"") << round;
    EXPECT_LE(crdt::decode_awareness(news->sender)->front().clock, 6u);
    for (const auto& everybody : {presence.everybody(again), presence.everybody_and_gone(again)})
      EXPECT_LE(crdt::decode_awareness(*everybody)->front().clock, 6u);
    bob.hear(*presence.leave(again, 0));
    EXPECT_EQ(bob.sees(1), "") << round;
  }
}

// y-websocket takes over the clock that it is told, and sends it back.
TEST(Presence, TheClientTakesOverAClockWithoutEnd) {
  Presence presence;
  Peer bob(presence);
  {
    Peer before(presence);
    ASSERT_TRUE(presence.update(before, state(1, 5, "\"a\""), 0));
    presence.leave(before, 0);
  }
  Peer after(presence);
  const auto news = presence.update(after, state(1, 5, "\"a\""), 0);
  EXPECT_TRUE(presence.update(after, news->sender, 0)->others.empty()) << "an echo is no news";
  const auto next = presence.update(after, state(1, 7, "\"b\""), 0);
  EXPECT_EQ(next->others, state(1, 7, "\"b\"")) << "the clocks are one again";
  EXPECT_EQ(next->sender, next->others);
}

// An echo of a client that has gone meanwhile does not bring it back.
TEST(Presence, AnEchoIsNoReconnect) {
  Presence presence;
  Peer bob(presence);
  Peer ann(presence);
  const auto news = presence.update(ann, state(1, 5, "\"a\""), 0);
  presence.leave(ann, 0);
  EXPECT_TRUE(presence.update(bob, news->others, 0)->others.empty());
  EXPECT_FALSE(presence.everybody(bob));
}

TEST(Presence, AClientOutlivesAnOldConnectionThatEndsLate) {
  Presence presence;
  Peer bob(presence);
  auto before = std::make_unique<Peer>(presence);
  bob.hear(presence.update(*before, state(1, 5, "\"a\""), 0)->others);
  Peer after(presence);
  bob.hear(presence.update(after, state(1, 5, "\"a\""), 0)->others);
  EXPECT_FALSE(presence.leave(*before, 0));
  EXPECT_EQ(bob.sees(1), "\"a\"");
  bob.hear(*presence.leave(after, 0));
  EXPECT_EQ(bob.sees(1), "");
}

TEST(Presence, AnHeirThatLeavesFirstInheritsNothing) {
  Presence presence;
  Peer bob(presence);
  Peer before(presence);
  ASSERT_TRUE(presence.update(before, state(1, 5, "\"a\""), 0));
  {
    Peer after(presence);
    ASSERT_TRUE(presence.update(after, state(1, 5, "\"a\""), 0));
    EXPECT_FALSE(presence.leave(after, 0));
  }
  EXPECT_TRUE(presence.leave(before, 0));
  EXPECT_FALSE(presence.everybody(bob));
}

TEST(Presence, AClockThatCannotGrowStaysReadable) {
  Presence presence;
  Peer bob(presence);
  constexpr std::uint64_t kLast = (std::uint64_t{1} << 53) - 1;
  {
    Peer before(presence);
    ASSERT_TRUE(presence.update(before, state(1, kLast, "{}"), 0));
    presence.leave(before, 0);
  }
  Peer after(presence);
  EXPECT_TRUE(presence.update(after, state(1, kLast, "{}"), 0)->others.empty());
}

}  // namespace
}  // namespace syncline::workspace
