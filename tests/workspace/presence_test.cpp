#include "workspace/presence.h"

#include <gtest/gtest.h>

#include <algorithm>
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

Bytes state(crdt::ClientId client, std::uint64_t clock, const std::string& json) {
  const crdt::AwarenessEntry entry{
      .client = client, .clock = clock, .state = json, .gone = json == "null"};
  return crdt::encode_awareness({&entry, 1});
}

std::string avatar(std::size_t bytes) {
  return "\"" + std::string(bytes, 'x') + "\"";
}

std::optional<Bytes> seen(const std::shared_ptr<const Diff>& list) {
  return list ? std::optional(list->change) : std::nullopt;
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

TEST(Presence, NobodySpeaksForAClientOfAnotherConnection) {
  Presence presence;
  Connection ann;
  Connection thief;
  ASSERT_TRUE(presence.update(ann, state(1, 1, "\"a\""), 0));
  for (const Bytes& forged : {state(1, 2, "\"x\""), state(1, 1, "null"), state(1, 9, "null"),
                              state(1, std::uint64_t{1} << 50, "\"x\"")}) {
    const auto news = presence.update(thief, forged, 1000);
    ASSERT_TRUE(news);
    EXPECT_TRUE(news->others.empty());
    EXPECT_FALSE(news->dropped) << "an echo may look like this; it is no fault of its sender";
  }
  EXPECT_EQ(seen(presence.everybody(thief)), state(1, 1, "\"a\""));
  EXPECT_FALSE(presence.leave(thief, 1000));
  EXPECT_EQ(presence.update(ann, state(1, 2, "\"b\""), 1000)->others, state(1, 2, "\"b\""));
}

TEST(Presence, NewsMovesAClientWhoseOwnerIsSilent) {
  Presence presence;
  Connection before;
  Connection after;
  ASSERT_TRUE(presence.update(before, states(1, 1, 1), 0));
  ASSERT_TRUE(presence.update(after, states(1, 1, 2), 25'000));
  EXPECT_FALSE(presence.leave(before, 25'000));
  EXPECT_TRUE(presence.leave(after, 25'000));
}

// ---- states over the limit

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
      EXPECT_LE(crdt::decode_awareness(everybody->change)->front().clock, 6u);
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

TEST(Presence, AHugeClockBlocksNobody) {
  Presence presence;
  Peer bob(presence);
  constexpr std::uint64_t kLast = (std::uint64_t{1} << 53) - 1;
  {
    Peer thief(presence);
    bob.hear(presence.update(thief, state(1, kLast, "\"x\""), 0)->others);
    EXPECT_EQ(bob.sees(1), "\"x\"");
    bob.hear(*presence.leave(thief, 0));
  }
  {
    Peer ann(presence);
    bob.hear(presence.update(ann, state(1, 5, "\"a\""), 1000)->others);
    EXPECT_EQ(bob.sees(1), "\"a\"") << "the owner has left";
    bob.hear(*presence.leave(ann, 1000));
  }
  for (std::uint64_t now = 31'000; now < 100'000; now += 3000) presence.expire(now);
  EXPECT_EQ(presence.clients(), 0u) << "forgotten";
  Peer again(presence);
  for (std::uint64_t i = 0; i < 5; ++i) {
    const std::string json = avatar(i);
    const auto news = presence.update(again, state(1, 10 + i, json), 100'000 + 15'000 * i);
    bob.hear(news->others);
    EXPECT_EQ(bob.sees(1), json) << "bob remembers the clock";
    EXPECT_LE(crdt::decode_awareness(news->sender)->front().clock, 11 + i);
    presence.expire(100'000 + 15'000 * i);
  }
}

// Its clock is far below the one that others know, so it never catches up.
TEST(Presence, ARenewalUnderAMuchHigherClockKeepsTheClient) {
  Presence presence;
  Peer bob(presence);
  {
    Peer thief(presence);
    ASSERT_TRUE(presence.update(thief, state(1, std::uint64_t{1} << 40, "\"x\""), 0));
    presence.leave(thief, 0);
  }
  Peer ann(presence);
  std::uint64_t clock = 5;
  for (std::uint64_t now = 0; now < 200'000; now += 3000) {
    if (now % 15'000 == 0) {
      const auto news = presence.update(ann, state(1, clock, "\"a\""), now);
      bob.hear(news->others);
      if (!news->sender.empty()) {  // it adopts the clock, and sends an echo, as y-websocket does
        clock = std::max(clock, crdt::decode_awareness(news->sender)->front().clock);
        EXPECT_TRUE(presence.update(ann, news->sender, now)->others.empty());
      }
      ++clock;
    }
    for (const auto& told : presence.expire(now)) bob.hear(told.update);
    EXPECT_EQ(bob.sees(1), "\"a\"") << now;
  }
}

TEST(Presence, AnHeirTakesOverFromASilentOwnerBeforeOthersLoseTheClient) {
  Presence presence;
  Peer bob(presence);
  Peer before(presence);
  bob.hear(presence.update(before, state(1, 5, "\"a\""), 0)->others);
  Peer after(presence);
  EXPECT_TRUE(presence.update(after, state(1, 5, "\"a\""), 10'000)->others.empty());
  EXPECT_TRUE(presence.update(after, state(1, 6, "\"b\""), 12'000)->others.empty());
  const auto told = presence.expire(21'000);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].except, &after);
  EXPECT_EQ(told[0].update, state(1, 6, "\"a\"")) << "the state that is known";
  const auto news = presence.update(after, state(1, 7, "\"b\""), 27'000);
  EXPECT_EQ(news->others, state(1, 7, "\"b\""));
  EXPECT_FALSE(presence.leave(before, 28'000));
  EXPECT_TRUE(presence.leave(after, 28'000));
}

// ---- limits

// A reader that takes ids without end. Others, and who comes later, do not notice.
TEST(Presence, AFloodOfIdsIsBoundedAndHurtsNobodyElse) {
  Presence presence;
  Connection ann;
  Connection hostile;
  ASSERT_TRUE(presence.update(ann, state(1, 1, "\"a\""), 0));
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const crdt::ClientId id = 1000 + i;
    ASSERT_TRUE(presence.update(hostile, state(id, 1, "{}"), 0));
    ASSERT_TRUE(presence.update(hostile, state(id, 2, "null"), 0));
  }
  EXPECT_EQ(presence.clients(), 1 + kMaxPresenceClientsPerOwner);
  EXPECT_TRUE(presence.update(hostile, state(5, 1, "{}"), 0)->dropped);
  Connection newcomer;
  presence.join(newcomer);
  EXPECT_LT(presence.everybody_and_gone(newcomer)->change.size(), 4096u);
  const auto news = presence.update(newcomer, state(2, 1, "\"n\""), 0);
  EXPECT_FALSE(news->dropped);
  EXPECT_EQ(news->others, state(2, 1, "\"n\""));
  for (std::uint64_t now = 0; now <= 61'000; now += 3000) presence.expire(now);
  EXPECT_EQ(presence.clients(), 0u);
  EXPECT_FALSE(presence.update(hostile, state(5, 1, "{}"), 61'000)->dropped) << "it has room again";
}

std::uint64_t parsed_by(Presence& presence, const Connection& sender, ByteView message) {
  const std::uint64_t before = presence.parsed_bytes();
  EXPECT_TRUE(presence.update(sender, message, 0));
  return presence.parsed_bytes() - before;
}

Bytes large_states(crdt::ClientId first, std::size_t count, std::size_t bytes,
                   std::uint64_t clock = 1) {
  const std::string json = avatar(bytes);
  std::vector<crdt::AwarenessEntry> entries;
  for (std::size_t i = 0; i < count; ++i)
    entries.push_back({.client = first + i, .clock = clock, .state = json});
  return crdt::encode_awareness(entries);
}

TEST(Presence, OfAMessageNoMoreIsParsedThanAConnectionMayHave) {
  Presence presence;
  Connection hostile;
  const PresenceLimits limits;
  const std::size_t most = limits.connection_bytes + (std::size_t{64} << 10);
  EXPECT_LE(parsed_by(presence, hostile, large_states(1, 90, 60'000)), most);
  EXPECT_EQ(presence.clients(), 4u) << "as many as a connection may have";
  EXPECT_LE(parsed_by(presence, hostile, large_states(1, 90, 60'000, 2)), most);
  std::vector<crdt::AwarenessEntry> same;
  const std::string json = avatar(60'000);
  for (std::uint64_t clock = 3; clock < 90; ++clock)
    same.push_back({.client = 1, .clock = clock, .state = json});
  EXPECT_LE(parsed_by(presence, hostile, crdt::encode_awareness(same)), most);
  EXPECT_LE(parsed_by(presence, hostile, states(1000, 10'000, 1)), most);
}

TEST(Presence, AnEchoIsNotParsed) {
  Presence presence;
  Connection ann, bob;
  EXPECT_GE(parsed_by(presence, ann, large_states(1, 4, 60'000)), 240'000u);
  EXPECT_EQ(parsed_by(presence, bob, large_states(1, 4, 60'000)), 0u);
}

TEST(Presence, AStateIsParsedOnce) {
  Presence presence;
  Connection ann;
  const auto news = presence.update(ann, state(1, 1, avatar(10'000)), 0);
  presence.leave_untold(ann, *news);
  EXPECT_EQ(presence.parsed_bytes(), avatar(10'000).size());
}

TEST(Presence, AStateThatIsNoJsonIsRefusedWhenItWouldBeTaken) {
  Presence presence;
  Connection ann, bob;
  ASSERT_TRUE(presence.update(ann, state(1, 1, "{}"), 0));
  EXPECT_EQ(presence.update(bob, state(2, 1, "{"), 0).error().code, ErrorCode::kMalformed);
  EXPECT_TRUE(presence.update(bob, state(1, 2, "{"), 0)) << "it is ignored: it is not bob's";
  // Ann is silent, so bob may speak for the client now.
  const auto late = presence.update(bob, state(1, 3, "{"), 25'000);
  ASSERT_TRUE(late);
  EXPECT_EQ(late->dropped->code, ErrorCode::kMalformed);
  EXPECT_TRUE(late->others.empty());
}

// The same with a new connection for each batch: what nobody owns any more goes first.
TEST(Presence, AFloodOfConnectionsIsBoundedAndHurtsNobodyElse) {
  Presence presence({.object_clients = 1000});
  Connection ann;
  ASSERT_TRUE(presence.update(ann, state(1, 1, "\"a\""), 0));
  for (crdt::ClientId first = 1000; first < 21'000; first += 100) {
    Connection hostile;
    EXPECT_FALSE(presence.update(hostile, states(first, 100, 1), 0)->dropped);
    presence.leave(hostile, 0);
  }
  EXPECT_EQ(presence.clients(), 1000u);
  Connection newcomer;
  EXPECT_FALSE(presence.update(newcomer, state(2, 1, "\"n\""), 0)->dropped);
  EXPECT_EQ(seen(presence.everybody(newcomer)),
            crdt::encode_awareness(
                std::vector<crdt::AwarenessEntry>{{.client = 1, .clock = 1, .state = "\"a\""},
                                                  {.client = 2, .clock = 1, .state = "\"n\""}}));
}

TEST(Presence, TheBytesOfAConnectionAreBounded) {
  Presence presence;
  Connection hostile;
  std::size_t dropped = 0;
  for (crdt::ClientId id = 1; id <= 100; ++id)
    dropped += presence.update(hostile, state(id, 1, avatar(60'000)), 0)->dropped.has_value();
  EXPECT_EQ(dropped, 96u);
  EXPECT_LE(presence.bytes(), PresenceLimits().connection_bytes);
  EXPECT_FALSE(presence.update(hostile, state(1, 2, "{}"), 0)->dropped) << "a smaller one fits";
  presence.leave(hostile, 0);
  EXPECT_EQ(presence.bytes(), 0u);
}

// 16 MiB from many connections: who holds most makes room, and a newcomer's state is taken.
TEST(Presence, WhoHoldsMostMakesRoom) {
  Presence presence;
  Connection ann;
  ASSERT_TRUE(presence.update(ann, state(1, 1, avatar(500)), 0));
  std::vector<Connection> crowd(70);
  for (std::size_t i = 0; i < crowd.size(); ++i)
    for (std::size_t j = 0; j < 4; ++j)
      ASSERT_TRUE(presence.update(crowd[i], state(100 + 4 * i + j, 1, avatar(60'000)), 0));
  EXPECT_LE(presence.bytes(), PresenceLimits().object_bytes);
  const std::uint64_t evictions = presence.evictions();
  std::vector<Connection> newcomers(200);
  for (std::size_t i = 0; i < newcomers.size(); ++i)
    EXPECT_FALSE(presence.update(newcomers[i], state(1000 + i, 1, avatar(500)), 0)->dropped) << i;
  EXPECT_LE(presence.evictions() - evictions, 2u) << "each makes room for many";
  Connection watcher;
  const Bytes seen = presence.everybody(watcher)->change;
  EXPECT_LT(seen.size(), PresenceLimits().object_bytes + 30 * presence.clients());
  const auto entries = crdt::decode_awareness(seen);
  ASSERT_TRUE(entries) << "a client with the limits of ours takes it";
  EXPECT_TRUE(std::ranges::any_of(*entries, [](const auto& each) { return each.client == 1; }));
}

// Otherwise the one for whom room was made would go on showing those who had to go.
TEST(Presence, WhoNeedsRoomIsToldWhoHadToGo) {
  Presence presence({.object_clients = 3});
  Connection crowd;
  Connection newcomer;
  ASSERT_TRUE(presence.update(crowd, states(1, 3, 1), 0));
  const auto news = presence.update(newcomer, state(9, 1, "{}"), 0);
  ASSERT_FALSE(news->dropped);
  const auto told = crdt::decode_awareness(news->sender).value();
  for (const crdt::ClientId client : {1, 2, 3})
    EXPECT_TRUE(std::ranges::any_of(told, [client](const auto& each) {
      return each.client == client && each.gone;
    })) << client;
  EXPECT_EQ(news->sender, news->others);
}

TEST(Presence, OfThoseWhoHoldMostTheLastToJoinMakesRoom) {
  Presence presence({.object_clients = 4});
  std::vector<Connection> crowd(2);  // the first has the lower address
  ASSERT_TRUE(presence.update(crowd[0], states(1, 2, 1), 0));
  ASSERT_TRUE(presence.update(crowd[1], states(3, 2, 1), 0));
  Connection newcomer;
  ASSERT_FALSE(presence.update(newcomer, state(9, 1, "{}"), 0)->dropped);
  EXPECT_TRUE(presence.leave(crowd[0], 0));
  EXPECT_FALSE(presence.leave(crowd[1], 0)) << "it has lost its clients";
}

// ---- news that is told later

TEST(Presence, UntoldNewsIsToldInItsNewestState) {
  Presence presence;
  Connection ann;
  for (std::uint64_t clock = 1; clock <= 50; ++clock) {
    const auto news = presence.update(ann, state(1, clock, avatar(clock)), 0);
    presence.leave_untold(ann, *news);
  }
  const auto news = presence.take_untold(ann);
  EXPECT_EQ(news.others, state(1, 50, avatar(50)));
  EXPECT_EQ(news.sender, news.others);
  EXPECT_TRUE(presence.take_untold(ann).others.empty());
  presence.leave_untold(ann, *presence.update(ann, state(1, 51, "null"), 0));
  EXPECT_EQ(presence.take_untold(ann).others, state(1, 51, "null"));
}

// ---- memory and costs

TEST(Presence, WhatAConnectionHasIsChargedToItsCell) {
  MemoryCell process;
  MemoryCell cell(0, &process);
  Presence presence({}, lasting(&process));
  Connection ann;
  presence.join(ann, lasting(&cell));
  EXPECT_EQ(cell.used(), 0u);
  ASSERT_TRUE(presence.update(ann, state(1, 1, avatar(1000)), 0));
  const std::uint64_t one = cell.used();
  EXPECT_GE(one, 1000u);
  ASSERT_TRUE(presence.update(ann, state(2, 1, avatar(1000)), 0));
  EXPECT_EQ(cell.used(), 2 * one);
  ASSERT_TRUE(presence.update(ann, state(2, 2, avatar(500)), 0));
  EXPECT_EQ(cell.used(), 2 * one - 500);
  EXPECT_EQ(presence.memory_bytes(), process.used());
  ASSERT_TRUE(presence.update(ann, state(2, 3, "null"), 0));
  EXPECT_LT(cell.used(), 2 * one - 1000) << "that it went is remembered";
  EXPECT_GT(cell.used(), one);
  presence.leave(ann, 0);
  EXPECT_EQ(cell.used(), 0u);
  EXPECT_GT(process.used(), 0u) << "both are remembered";
  presence.expire(31'000);
  EXPECT_EQ(process.used(), 0u);
  EXPECT_EQ(presence.memory_bytes(), 0u);
}

TEST(Presence, WithoutRoomOnlyLittlePresenceIsTaken) {
  MemoryCell cell(10'000);
  Presence presence;
  Connection big;
  Connection small;
  presence.join(big, lasting(&cell));
  presence.join(small, lasting(&cell));
  for (crdt::ClientId client = 1; client <= 100; ++client)
    ASSERT_TRUE(presence.update(big, state(client, 1, avatar(1000)), 0));
  EXPECT_LE(cell.used(), cell.limit());
  const auto dropped = presence.update(big, state(200, 1, avatar(1000)), 0);
  ASSERT_TRUE(dropped);
  ASSERT_TRUE(dropped->dropped);
  EXPECT_EQ(dropped->dropped->code, ErrorCode::kTooLarge) << "the document goes on";
  EXPECT_TRUE(dropped->others.empty());
  EXPECT_FALSE(presence.update(big, state(1, 2, avatar(999)), 0)->dropped) << "it needs no more";
  EXPECT_FALSE(presence.update(small, state(300, 1, avatar(1000)), 0)->dropped);
  EXPECT_TRUE(presence.update(small, state(301, 1, avatar(1000)), 0)->dropped);
}

TEST(Presence, WhoHoldsMostIsShed) {
  Presence presence;
  Connection ann;
  Connection big;
  ASSERT_TRUE(presence.update(ann, state(1, 1, avatar(2000)), 0));
  ASSERT_TRUE(presence.update(big, state(2, 1, avatar(60'000)), 0));
  ASSERT_TRUE(presence.update(big, state(3, 1, avatar(60'000)), 0));
  EXPECT_FALSE(presence.shed(200'000, 0));
  const auto gone = presence.shed(65'536, 0);
  ASSERT_TRUE(gone);
  const auto entries = crdt::decode_awareness(*gone);
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_TRUE(entries->front().gone);
  EXPECT_EQ(presence.evictions(), 1u);
  EXPECT_LT(presence.memory_bytes(), 5000u);
  EXPECT_FALSE(presence.shed(65'536, 0));
  EXPECT_EQ(seen(presence.everybody(big)), state(1, 1, avatar(2000)));
}

TEST(Presence, LeavingCostsWhatTheConnectionHas) {
  Presence presence;
  std::vector<Connection> crowd(500);
  for (std::size_t i = 0; i < crowd.size(); ++i)
    ASSERT_TRUE(presence.update(crowd[i], states(10 * i + 1, 10, 1), 0));
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    const std::uint64_t before = presence.steps();
    EXPECT_EQ(crdt::decode_awareness(*presence.leave(crowd[i], 0))->size(), 10u);
    EXPECT_LE(presence.steps() - before, 10u);
  }
}

TEST(Presence, ATurnOfTheClockLooksOnlyAtThoseWhoseTimeIsOver) {
  Presence presence;
  std::vector<Connection> crowd(100);
  for (std::size_t i = 0; i < crowd.size(); ++i)
    ASSERT_TRUE(presence.update(crowd[i], states(100 * i + 1, 100, 1), i < 3 ? 0 : 20'000));
  const std::uint64_t before = presence.steps();
  EXPECT_TRUE(presence.expire(29'999).empty());
  EXPECT_EQ(presence.steps(), before);
  ASSERT_EQ(presence.expire(30'000).size(), 1u);
  EXPECT_EQ(presence.steps() - before, 300u);
  EXPECT_EQ(presence.clients(), 10'000u) << "those that have gone are remembered";
  EXPECT_FALSE(presence.expire(50'000).empty());
  EXPECT_TRUE(presence.expire(60'000).empty());
  EXPECT_EQ(presence.clients(), 9'700u);
  EXPECT_TRUE(presence.expire(80'000).empty());
  EXPECT_EQ(presence.clients(), 0u);
  EXPECT_EQ(presence.steps() - before, 20'000u) << "each has gone once and was forgotten once";
}

TEST(Presence, ThoseWhoJoinShareOneList) {
  Presence presence;
  Connection ann;
  ASSERT_TRUE(presence.update(ann, states(1, 50, 1), 0));
  std::vector<Connection> joiners(100);
  std::shared_ptr<const Diff> first;
  for (Connection& joiner : joiners) {
    presence.join(joiner);
    const auto list = presence.everybody(joiner);
    if (first == nullptr) first = list;
    EXPECT_EQ(list, first);
  }
  EXPECT_EQ(presence.everybody(ann), first) << "a query by one of them";
  EXPECT_EQ(presence.lists(), 1u);
  ASSERT_TRUE(presence.update(ann, states(1, 1, 2), 0));
  EXPECT_EQ(crdt::decode_awareness(presence.everybody(joiners[0])->change)->front().clock, 2u);
  presence.leave(ann, 0);
  EXPECT_EQ(presence.everybody(joiners[0]), nullptr);
  const auto with_gone = presence.everybody_and_gone(joiners[0]);
  ASSERT_NE(with_gone, nullptr);
  EXPECT_EQ(presence.everybody_and_gone(joiners[1]), with_gone);
  EXPECT_EQ(crdt::decode_awareness(with_gone->change)->size(), 50u);
  presence.expire(31'000);
  EXPECT_EQ(presence.everybody_and_gone(joiners[0]), nullptr);
}

// Ann was told that she is back with a higher clock than her own.
TEST(Presence, WhoIsToldOtherClocksHasAListOfItsOwn) {
  Presence presence;
  Connection before;
  Connection ann;
  Connection bob;
  ASSERT_TRUE(presence.update(before, state(1, 5, "\"a\""), 0));
  presence.leave(before, 0);
  for (int i = 0; i < 3; ++i) {
    Connection again;
    presence.join(again);
    ASSERT_TRUE(presence.update(again, state(1, 5, "\"a\""), 0));
    presence.leave(again, 0);
  }
  presence.join(ann);
  ASSERT_TRUE(presence.update(ann, state(1, 5, "\"a\""), 0));
  const auto clock_for = [&](const Connection& to) {
    return crdt::decode_awareness(presence.everybody(to)->change)->front().clock;
  };
  EXPECT_GT(clock_for(bob), 6u);
  EXPECT_EQ(clock_for(ann), 6u);
  EXPECT_GT(clock_for(bob), 6u);
}

TEST(Presence, WhatWasPutOffIsToldWhenItsSenderLeaves) {
  Presence presence;
  Connection ann;
  ASSERT_TRUE(presence.update(ann, state(1, 1, "{}"), 0));
  presence.leave_untold(ann, *presence.update(ann, state(1, 2, "null"), 0));
  EXPECT_EQ(presence.leave(ann, 0), state(1, 2, "null")) << "nobody was told that it had gone";
}

TEST(Presence, WhatWasPutOffIsToldWhenAnHeirTakesOver) {
  Presence presence;
  Connection before;
  Connection after;
  ASSERT_TRUE(presence.update(before, state(1, 5, "\"a\""), 0));
  ASSERT_TRUE(presence.update(after, state(1, 5, "\"a\""), 0));
  presence.leave_untold(before, *presence.update(before, state(1, 6, "\"b\""), 0));
  EXPECT_EQ(presence.leave(before, 0), state(1, 6, "\"b\""));
}

}  // namespace
}  // namespace syncline::workspace
