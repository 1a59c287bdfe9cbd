// What a client does above its rates, in both protocols.
#include "session/meter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_writer.h"
#include "identity/access.h"
#include "protocol/hocuspocus.h"
#include "protocol/y_sync.h"
#include "session/hocuspocus_session.h"
#include "session/y_session.h"
#include "support/fake_connection.h"
#include "support/test_world.h"
#include "syncline/crdt/awareness.h"

namespace syncline::session {
namespace {

using limits::Rates;
using limits::Work;
using testing::FakeConnection;
using testing::TestWorld;
using testing::Typist;

Rates rates_with(Work work, std::uint64_t per_second) {
  Rates rates;
  rates.set(work, per_second);
  return rates;
}

Bytes presence_of(crdt::ClientId client, std::uint64_t clock, const std::string& state) {
  const crdt::AwarenessEntry entry{.client = client, .clock = clock, .state = state};
  return crdt::encode_awareness({&entry, 1});
}

struct Place {
  explicit Place(Rates rates) : networks(rates) {}

  TestWorld world;
  limits::NetworkRates networks;
  const Limits limits;
  Counters counters;
  const identity::Access access;  // open
};

struct MeteredY {
  explicit MeteredY(Place& place, std::string principal = "ann") {
    session = std::make_unique<YSession>(
        YSessionOptions{.host = place.world.host,
                        .workspace = "w",
                        .object = "note",
                        .principal = identity::Principal{.id = std::move(principal)},
                        .actor = "actor",
                        .limits = place.limits,
                        .rates = &place.networks,
                        .counters = place.counters});
    session->on_open(connection);
    place.world.loop.run();
  }
  ~MeteredY() { session->on_closed(1000); }

  void present(std::uint64_t clock, const std::string& state) {
    session->on_message(protocol::encode_y_awareness(presence_of(7, clock, state)));
  }
  // The awareness updates that arrived.
  std::vector<Bytes> presence() {
    std::vector<Bytes> all;
    for (const SharedBytes& message : connection.take()) {
      const auto decoded = protocol::decode_y_message(*message);
      if (decoded && decoded->kind == protocol::YMessage::Kind::kAwareness)
        all.push_back(to_bytes(decoded->payload));
    }
    return all;
  }

  FakeConnection connection;
  std::unique_ptr<YSession> session;
};

struct MeteredHocuspocus {
  explicit MeteredHocuspocus(Place& place) : loop(place.world.loop) {
    session = std::make_unique<HocuspocusSession>(HocuspocusOptions{.host = place.world.host,
                                                                    .workspace = "w",
                                                                    .access = place.access,
                                                                    .actor = "actor",
                                                                    .limits = place.limits,
                                                                    .rates = &place.networks,
                                                                    .counters = place.counters});
    session->on_open(connection);
  }
  ~MeteredHocuspocus() { session->on_closed(1000); }

  void open(const std::string& document) {
    ByteWriter token;
    token.var_string(document);
    token.var_uint(2);
    token.var_uint(0);
    token.var_string("");
    session->on_message(token.view());
    loop.run();
  }
  void tell_others(const std::string& document, const std::string& text) {
    session->on_message(protocol::encode_hocuspocus_stateless(document, text));
    loop.run();
  }

  testing::VirtualLoop& loop;
  FakeConnection connection;
  std::unique_ptr<HocuspocusSession> session;
};

TEST(Meter, AClientThatSendsTooManyMessagesIsReadLaterAndLosesNothing) {
  Place place(rates_with(Work::kMessages, 10));
  MeteredY peer(place);
  Typist ann(1);
  std::size_t sent = 0;
  while (peer.connection.reading) {
    peer.session->on_message(protocol::encode_y_sync(protocol::SyncKind::kUpdate, ann.type("x")));
    ++sent;
  }
  EXPECT_EQ(sent, 101u) << "the burst of ten seconds, and one";
  EXPECT_EQ(place.counters.slowed_down, 1u);
  for (int i = 0; i < 5; ++i)  // had been read before reading stopped
    peer.session->on_message(protocol::encode_y_sync(protocol::SyncKind::kUpdate, ann.type("y")));
  place.world.loop.advance(599);
  EXPECT_FALSE(peer.connection.reading) << "six over the burst, at ten a second";
  place.world.loop.advance(2);
  EXPECT_TRUE(peer.connection.reading);
  EXPECT_EQ(place.counters.updates_in, 106u);
  EXPECT_EQ(place.world.counters.changes_accepted, 106u);
  EXPECT_FALSE(peer.connection.closed);
}

TEST(Meter, BytesCountToo) {
  Place place(rates_with(Work::kBytes, 1000));
  MeteredY peer(place);
  Typist ann(1);
  peer.session->on_message(
      protocol::encode_y_sync(protocol::SyncKind::kUpdate, ann.type(std::string(20'000, 'x'))));
  EXPECT_FALSE(peer.connection.reading);
  place.world.loop.advance(11'000);
  EXPECT_TRUE(peer.connection.reading);
  EXPECT_EQ(place.world.counters.changes_accepted, 1u);
}

TEST(Meter, PingsCountToo) {
  Place place(rates_with(Work::kMessages, 10));
  MeteredY peer(place);
  int pings = 0;
  for (; peer.connection.reading; ++pings) peer.session->on_control(4);
  EXPECT_EQ(pings, 101);
  place.world.loop.advance(101);
  EXPECT_TRUE(peer.connection.reading);
}

TEST(Meter, AConnectionThatEndsWhileItWaitsLeavesNothingBehind) {
  Place place(rates_with(Work::kMessages, 1));
  {
    MeteredY peer(place);
    while (peer.connection.reading)
      peer.session->on_message(protocol::encode_y_awareness(presence_of(7, 1, "{}")));
  }
  place.world.loop.advance(60'000);
}

TEST(Meter, OnlyTheNewestOfTooManyPresenceUpdatesIsTold) {
  Place place(rates_with(Work::kPresence, 10));
  MeteredY hostile(place);
  MeteredY watcher(place);
  watcher.connection.take();
  for (std::uint64_t clock = 1; clock <= 10'000; ++clock)
    hostile.present(clock, std::to_string(clock));
  place.world.loop.run();
  EXPECT_EQ(watcher.presence().size(), 101u) << "the burst of ten seconds";
  EXPECT_TRUE(hostile.connection.reading) << "presence does not stop reading";
  place.world.loop.advance(1000);
  const auto told = watcher.presence();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0], presence_of(7, 10'000, "10000"));
  EXPECT_EQ(place.counters.presence_delayed, 10'000u - 101u);
  const auto lines = place.world.reports.lines();
  EXPECT_EQ(std::ranges::count_if(
                lines, [](const auto& line) { return line.contains("presence is told later"); }),
            1);
}

// What a client hears of others and sends back does not count.
TEST(Meter, EchoesAreNoPresenceUpdates) {
  Place place(rates_with(Work::kPresence, 1));
  MeteredY ann(place);
  MeteredY bob(place);
  ann.present(1, "\"here\"");
  for (int i = 0; i < 1000; ++i) bob.present(1, "\"here\"");
  bob.session->on_message(protocol::encode_y_awareness(presence_of(8, 1, "\"me\"")));
  place.world.loop.run();
  EXPECT_EQ(place.counters.presence_delayed, 0u);
  EXPECT_EQ(ann.presence().back(), presence_of(8, 1, "\"me\""));
}

// 64 KiB to sixty others: what one client makes the server send is bounded by bytes.
TEST(Meter, BroadcastsAboveTheRateAreDropped) {
  Place place(rates_with(Work::kBroadcasts, 10));
  MeteredHocuspocus hostile(place);
  MeteredHocuspocus watcher(place);
  hostile.open("d");
  watcher.open("d");
  watcher.connection.take();
  for (int i = 0; i < 1000; ++i) hostile.tell_others("d", std::string(60'000, 'x'));
  std::size_t bytes = 0;
  for (const auto& message : watcher.connection.take()) bytes += message->size();
  EXPECT_LE(bytes, (100u + 60u) * 1024u) << "the burst, and the message that went over it";
  EXPECT_EQ(place.counters.messages_dropped, 998u);
  EXPECT_FALSE(hostile.connection.closed);
  place.world.loop.advance(10'000);
  hostile.tell_others("d", "again");
  EXPECT_EQ(watcher.connection.take().size(), 1u);
}

TEST(Meter, WhoOpensTooManyDocumentsIsReadLater) {
  Place place(rates_with(Work::kJoins, 2));
  MeteredHocuspocus peer(place);
  for (int i = 0; i <= 20; ++i) peer.open("d" + std::to_string(i));
  EXPECT_FALSE(peer.connection.reading);
  place.world.loop.advance(501);
  EXPECT_TRUE(peer.connection.reading);
}

TEST(Meter, AnAddressThatOpensTooManyDocumentsOpensThemLater) {
  Rates rates = rates_with(Work::kJoins, 2);
  rates.network_factor = 1;
  Place place(rates);
  std::vector<std::unique_ptr<MeteredY>> peers;
  for (int i = 0; i <= 20; ++i) peers.push_back(std::make_unique<MeteredY>(place));
  EXPECT_FALSE(peers.front()->connection.sent.empty());
  EXPECT_TRUE(peers.back()->connection.sent.empty()) << "it has not joined yet";
  EXPECT_FALSE(peers.back()->connection.reading);
  place.world.loop.advance(501);
  EXPECT_FALSE(peers.back()->connection.sent.empty());
  EXPECT_TRUE(peers.back()->connection.reading);
}

// Many people may share an address: who does little there does not wait for who does much.
TEST(Meter, AnAddressOverItsRateHoldsBackOnlyWhoUsesItUp) {
  Rates rates = rates_with(Work::kMessages, 10);  // a burst of 100
  rates.network_factor = 1;
  Place place(rates);
  MeteredY hostile(place);
  MeteredY further(place);
  MeteredY quiet(place);
  Typist ann(1);
  const auto send = [&](MeteredY& peer) {
    peer.session->on_message(protocol::encode_y_sync(protocol::SyncKind::kUpdate, ann.type("x")));
  };
  while (hostile.connection.reading) send(hostile);
  send(quiet);
  send(quiet);
  EXPECT_TRUE(quiet.connection.reading) << "a fiftieth of its burst is little";
  for (int i = 0; i < 3; ++i) send(further);
  EXPECT_FALSE(further.connection.reading);
  EXPECT_EQ(place.counters.slowed_down, 2u);
}

// The same for what the caller asks before it is done.
TEST(Meter, PresenceOfWhoDoesLittleIsToldAlthoughItsAddressIsOverTheRate) {
  Rates rates = rates_with(Work::kPresence, 10);
  rates.network_factor = 1;
  Place place(rates);
  MeteredY hostile(place);
  MeteredY quiet(place);
  for (std::uint64_t clock = 1; clock <= 200; ++clock) hostile.present(clock, "1");
  place.world.loop.run();
  EXPECT_EQ(place.counters.presence_delayed, 99u);
  hostile.connection.take();
  quiet.session->on_message(protocol::encode_y_awareness(presence_of(8, 1, "\"me\"")));
  place.world.loop.run();
  EXPECT_EQ(place.counters.presence_delayed, 99u);
  EXPECT_EQ(hostile.presence(), std::vector<Bytes>{presence_of(8, 1, "\"me\"")});
}

// ---- by principal, whatever address a connection has

Rates of_a_principal(Work work, std::uint64_t per_second) {
  Rates rates = rates_with(work, per_second);
  rates.network_factor = 0;
  rates.principal_factor = 1;
  return rates;
}

TEST(MeterOfAPrincipal, MessagesOfAllItsConnectionsCountTogether) {
  Place place(of_a_principal(Work::kMessages, 10));  // a burst of 100
  MeteredY first(place);
  MeteredY second(place);
  MeteredY quiet(place);
  MeteredY other(place, "bob");
  Typist typist(1);
  std::size_t sent = 0;
  const auto send = [&](MeteredY& peer) {
    peer.session->on_message(
        protocol::encode_y_sync(protocol::SyncKind::kUpdate, typist.type("x")));
    ++sent;
  };
  for (int i = 0; i < 60; ++i) send(first);
  while (second.connection.reading) send(second);
  EXPECT_EQ(sent, 101u) << "the burst of one connection, and one";
  EXPECT_EQ(place.counters.slowed_down, 1u);
  for (int i = 0; i < 2; ++i) send(quiet);
  EXPECT_TRUE(quiet.connection.reading) << "many may share a token, and this one does little";
  for (int i = 0; i < 60; ++i) send(other);
  EXPECT_TRUE(other.connection.reading) << "it is somebody else's";
  place.world.loop.advance(400);
  EXPECT_TRUE(second.connection.reading);
  EXPECT_EQ(place.counters.updates_in, sent) << "nothing is lost";
}

TEST(MeterOfAPrincipal, BytesCountTogether) {
  Place place(of_a_principal(Work::kBytes, 1000));  // a burst of 10,000
  MeteredY first(place);
  MeteredY second(place);
  Typist typist(1);
  const auto send = [&](MeteredY& peer) {
    peer.session->on_message(
        protocol::encode_y_sync(protocol::SyncKind::kUpdate, typist.type(std::string(6'000, 'x'))));
  };
  send(first);
  EXPECT_TRUE(first.connection.reading);
  send(second);
  EXPECT_FALSE(second.connection.reading);
}

TEST(MeterOfAPrincipal, PresenceCountsTogether) {
  Place place(of_a_principal(Work::kPresence, 10));
  MeteredY first(place);
  MeteredY second(place);
  for (std::uint64_t clock = 1; clock <= 80; ++clock) first.present(clock, "1");
  for (std::uint64_t clock = 1; clock <= 80; ++clock)
    second.session->on_message(protocol::encode_y_awareness(presence_of(8, clock, "1")));
  EXPECT_EQ(place.counters.presence_delayed, 160u - 101u);
}

TEST(MeterOfAPrincipal, BroadcastsCountTogether) {
  Place place(of_a_principal(Work::kBroadcasts, 10));
  MeteredHocuspocus first(place);
  MeteredHocuspocus second(place);
  first.open("d");
  second.open("d");
  for (int i = 0; i < 80; ++i) first.tell_others("d", "x");
  for (int i = 0; i < 80; ++i) second.tell_others("d", "x");
  EXPECT_EQ(place.counters.messages_dropped, 160u - 101u);
}

TEST(MeterOfAPrincipal, OpeningsCountTogether) {
  Place place(of_a_principal(Work::kJoins, 2));  // a burst of 20
  MeteredHocuspocus first(place);
  MeteredHocuspocus second(place);
  for (int i = 0; i < 15; ++i) first.open("d" + std::to_string(i));
  EXPECT_TRUE(first.connection.reading);
  for (int i = 0; i < 6; ++i) second.open("e" + std::to_string(i));
  EXPECT_FALSE(second.connection.reading);
  place.world.loop.advance(501);
  EXPECT_TRUE(second.connection.reading);
}

}  // namespace
}  // namespace syncline::session
