#include "session/y_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <set>

#include "crdt/update_writer.h"
#include "support/fake_connection.h"
#include "support/hand_jobs.h"
#include "support/test_world.h"
#include "syncline/crdt/awareness.h"

namespace syncline::session {
namespace {

using protocol::SyncKind;
using protocol::YMessage;
using store::MemoryStore;
using testing::FakeConnection;
using testing::TestWorld;
using testing::Typist;

const Result<identity::Principal> kStale = fail(ErrorCode::kUnauthorized, "unknown token");
const identity::Principal kReader{.id = "reader", .rights = identity::Rights::reading()};

// A session with the wire in the test's hands.
struct YPeer {
  struct Setup {
    Result<identity::Principal> principal = identity::Principal{.id = "ann"};
    Limits limits = {};
    Refusals* refusals = nullptr;
    std::string object = "note";
    std::uint64_t refused_for_ms = 0;
  };

  explicit YPeer(TestWorld& test_world) : YPeer(test_world, Setup{}) {}
  YPeer(TestWorld& test_world, Setup setup) : world(test_world), limits(setup.limits) {
    session = std::make_unique<YSession>(YSessionOptions{.host = world.host,
                                                         .workspace = "w",
                                                         .object = std::move(setup.object),
                                                         .principal = std::move(setup.principal),
                                                         .refused_for_ms = setup.refused_for_ms,
                                                         .actor = "actor",
                                                         .wants_saved = true,
                                                         .refusals = setup.refusals,
                                                         .client = 7,
                                                         .limits = limits,
                                                         .counters = counters});
    session->on_open(connection);
    world.loop.run();
  }
  ~YPeer() { end(1000); }

  void end(std::uint16_t code) {
    if (session) session->on_closed(code);
    session.reset();
  }

  void send(SyncKind kind, ByteView payload) {
    session->on_message(protocol::encode_y_sync(kind, payload));
  }

  // Messages that arrive together.
  void send_together(const std::vector<Bytes>& messages) {
    for (std::size_t i = 0; i < messages.size(); ++i) {
      connection.more = i + 1 < messages.size();
      session->on_message(messages[i]);
    }
    session->on_input_end();
  }

  // Hands everything that arrived to a replica; counts what else there was.
  void deliver(Typist& typist) {
    for (const SharedBytes& message : connection.take()) {
      if (message->front() == 100) {
        saved += (*message)[1];
        continue;
      }
      auto decoded = protocol::decode_y_message(*message);
      ASSERT_TRUE(decoded);
      if (decoded->kind != YMessage::Kind::kSync) continue;
      ++sync_messages;
      if (decoded->sync != SyncKind::kStep1) typist.receive(decoded->payload);
    }
  }

  TestWorld& world;
  Limits limits;
  Counters counters;
  FakeConnection connection;
  std::unique_ptr<YSession> session;
  int saved = 0;
  int sync_messages = 0;
};

TEST(YSession, TwoClientsMeet) {
  TestWorld world;
  YPeer a(world);
  YPeer b(world);
  Typist ann(1);
  Typist bob(2);
  a.send(SyncKind::kUpdate, ann.type("hello"));
  world.loop.run();
  a.deliver(ann);
  b.deliver(bob);
  EXPECT_EQ(bob.text(), "hello");
  EXPECT_EQ(a.saved, 1);
  EXPECT_EQ(b.saved, 0);
}

Bytes update_of(ByteView update) {
  return protocol::encode_y_sync(SyncKind::kUpdate, update);
}

TEST(YSession, UpdatesThatArriveTogetherAreOneEvent) {
  TestWorld world;
  YPeer a(world);
  YPeer b(world);
  Typist ann(1);
  Typist bob(2);
  a.send(SyncKind::kUpdate, ann.type("<"));
  world.loop.run();
  a.deliver(ann);
  b.deliver(bob);
  b.sync_messages = a.saved = 0;
  a.send_together({update_of(ann.type("o")), update_of(ann.type("n")), update_of(ann.type("e"))});
  world.loop.run();
  a.deliver(ann);
  b.deliver(bob);
  EXPECT_EQ(bob.text(), "<one");
  EXPECT_EQ(a.saved, 3) << "each update is acknowledged";
  EXPECT_EQ(b.sync_messages, 1);
  EXPECT_EQ(world.counters.changes_accepted, 2u);
  EXPECT_EQ(world.counters.events_committed, 2u);
  EXPECT_EQ(a.counters.acks, 4u);
}

TEST(YSession, OfUpdatesThatArriveTogetherOnlyTheOneThatWaitsWaits) {
  TestWorld world;
  YPeer a(world);
  YPeer b(world);
  Typist ann(1);
  Typist other(3);
  const Bytes cause = other.type("a");
  a.send_together({update_of(ann.type("1")), update_of(other.type("b")), update_of(ann.type("2"))});
  world.loop.run();
  a.deliver(ann);
  EXPECT_EQ(a.saved, 1) << "the second one is not saved";
  b.send(SyncKind::kUpdate, cause);
  world.loop.run();
  a.deliver(ann);
  EXPECT_EQ(a.saved, 3);
  Typist reader(9);
  reader.receive(cause);
  b.deliver(reader);
  EXPECT_EQ(reader.text().size(), 4u);
}

TEST(YSession, OfUpdatesThatArriveTogetherThoseBeforeABadOneAreSaved) {
  TestWorld world;
  YPeer a(world);
  YPeer b(world);
  Typist ann(1);
  Typist bob(2);
  a.send_together({update_of(ann.type("x")), update_of(ann.type("y")), update_of(Bytes{1, 2, 3}),
                   update_of(ann.type("z"))});
  world.loop.run();
  b.deliver(bob);
  EXPECT_EQ(bob.text(), "xyz");
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4400);
  EXPECT_EQ(a.counters.updates_refused, 1u);
}

TEST(YSession, WhatArrivesBehindUpdatesDoesNotOvertakeThem) {
  TestWorld world;
  YPeer a(world);
  Typist ann(1);
  const Bytes one = ann.type("x");
  const Bytes two = ann.type("y");
  a.connection.take();
  a.send_together({update_of(one), update_of(two),
                   protocol::encode_y_sync(SyncKind::kStep1, Bytes{0}), update_of(ann.type("z"))});
  world.loop.run();
  Typist reader(2);
  a.deliver(reader);
  EXPECT_NE(reader.text().find("xy"), std::string::npos) << reader.text();
}

TEST(YSession, UpdatesBeforeAnUnfinishedMessageDoNotWaitForIt) {
  TestWorld world;
  YPeer a(world);
  Typist ann(1);
  a.connection.more = true;
  a.send(SyncKind::kUpdate, ann.type("x"));
  a.send(SyncKind::kUpdate, ann.type("y"));
  world.loop.run();
  EXPECT_EQ(world.counters.changes_accepted, 0u);
  a.session->on_input_end();
  world.loop.run();
  EXPECT_EQ(world.counters.changes_accepted, 1u);
}

TEST(YSession, UpdatesBeforeAMessageThatIsTooLargeAreSaved) {
  TestWorld world;
  YPeer a(world);
  Typist ann(1);
  a.connection.more = true;
  a.send(SyncKind::kUpdate, ann.type("x"));
  a.session->on_too_large(update_of(ann.type("y")), 10);
  a.session->on_input_end();
  world.loop.run();
  EXPECT_EQ(world.counters.changes_accepted, 1u);
}

TEST(YSession, HowMuchIsJoinedHasABound) {
  TestWorld world;
  YPeer a(world);
  Typist ann(1);
  std::vector<Bytes> messages;
  for (int i = 0; i < 600; ++i) messages.push_back(update_of(ann.type("x")));
  for (int i = 0; i < 6; ++i) messages.push_back(update_of(ann.type(std::string(8000, 'y'))));
  a.send_together(messages);
  world.loop.run();
  EXPECT_EQ(a.counters.acks, 606u);
  EXPECT_EQ(world.counters.changes_accepted, 3u + 3u);
}

TEST(YSession, ALateClientAsksForWhatItLacks) {
  TestWorld world;
  Typist ann(1);
  {
    YPeer a(world);
    a.send(SyncKind::kUpdate, ann.type("before"));
    world.loop.run();
  }
  YPeer b(world);
  Typist bob(2);
  b.send(SyncKind::kStep1, crdt::encode_state_vector(bob.doc().state_vector()));
  world.loop.run();
  b.deliver(bob);
  EXPECT_EQ(bob.text(), "before");
}

TEST(YSession, NothingIsSaidBeforeItIsDurable) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  YPeer a(world);
  YPeer b(world);
  Typist ann(1);
  Typist bob(2);
  a.send(SyncKind::kUpdate, ann.type("x"));
  world.loop.run();
  a.deliver(ann);
  b.deliver(bob);
  EXPECT_EQ(a.saved, 0);
  EXPECT_EQ(bob.text(), "");
  world.commit();
  a.deliver(ann);
  b.deliver(bob);
  EXPECT_EQ(a.saved, 1);
  EXPECT_EQ(bob.text(), "x");
}

TEST(YSession, AnObjectOfAnotherTypeIsRefusedInTheProtocol) {
  TestWorld world;
  bool written = false;
  world.host.get("w").change(
      "note", {.caller = testing::ann(), .type = &test::toy_register()},
      [](const merge::Object&, log::Position) { return test::toy_write(0, "text"); },
      [&](Result<workspace::Receipt> receipt) { written = receipt.has_value(); });
  world.loop.run();
  ASSERT_TRUE(written);
  YPeer a(world);
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4400);
  EXPECT_EQ(a.connection.closed->reason,
            "an object of type 'toy-register' cannot be opened through 'yjs'");
}

// Clients count saved updates from the first that they sent.
TEST(YSession, AnUpdateThatWaitsHoldsBackTheAcksOfThoseBehindIt) {
  TestWorld world;
  YPeer a(world);
  YPeer b(world);
  Typist ann(1);
  Typist other(3);
  const Bytes cause = ann.type("a");
  const Bytes waits = ann.type("b");
  a.send(SyncKind::kUpdate, other.type("1"));
  a.send(SyncKind::kUpdate, waits);
  a.send(SyncKind::kUpdate, other.type("2"));
  world.loop.run();
  a.deliver(other);
  EXPECT_EQ(a.saved, 1) << "the second one is not saved";
  EXPECT_EQ(a.counters.held_back, 0u);
  b.send(SyncKind::kUpdate, cause);
  world.loop.run();
  a.deliver(other);
  EXPECT_EQ(a.saved, 3);
  EXPECT_NE(other.text().find("ab"), std::string::npos);
}

TEST(YSession, WhatWaitsDoesNotHoldBackReading) {
  TestWorld world;
  YPeer a(world, {.limits = {.inflight_updates = 8}});
  std::vector<Bytes> updates;
  Typist ann(1);
  for (int i = 0; i < 40; ++i) updates.push_back(ann.type("x"));
  for (std::size_t i = updates.size(); i-- > 1;) {
    a.send(SyncKind::kUpdate, updates[i]);
    world.loop.run();
  }
  EXPECT_TRUE(a.connection.reading);
  a.send(SyncKind::kUpdate, updates[0]);
  world.loop.run();
  Typist reader(2);
  a.deliver(reader);
  EXPECT_EQ(a.saved, 40);
  EXPECT_TRUE(a.connection.reading);
}

TEST(YSession, ASlowReaderIsBroughtUpToDateFromItsState) {
  TestWorld world;
  YPeer writer(world);
  YPeer slow(world, {.limits = {.queue_bytes = 1000}});
  Typist ann(1);
  Typist bob(2);
  slow.connection.stuck = true;
  for (int i = 0; i < 500; ++i) {
    writer.send(SyncKind::kUpdate, ann.insert(0, std::string(20, 'a')));
    world.loop.run();
  }
  EXPECT_EQ(slow.counters.fell_behind, 1u);
  EXPECT_LT(slow.connection.queued_bytes(), 1200u)
      << "the queue of a slow reader grew past its bound";
  const std::size_t queued = slow.connection.sent.size();
  EXPECT_LT(queued, 60u);

  slow.connection.unstick(*slow.session);
  world.loop.run();
  EXPECT_EQ(slow.connection.sent.size(), queued + 1) << "one update should bring it up to date";
  slow.deliver(bob);
  EXPECT_EQ(bob.text(), ann.text());

  writer.send(SyncKind::kUpdate, ann.insert(0, "end"));
  world.loop.run();
  slow.deliver(bob);
  EXPECT_EQ(bob.text(), ann.text());
}

// The clients that the awareness messages named as gone.
std::set<crdt::ClientId> gone_in(const std::vector<SharedBytes>& messages) {
  std::set<crdt::ClientId> gone;
  for (const SharedBytes& message : messages) {
    auto decoded = protocol::decode_y_message(*message);
    if (!decoded || decoded->kind != YMessage::Kind::kAwareness) continue;
    const auto entries = crdt::decode_awareness(decoded->payload);
    for (const crdt::AwarenessEntry& entry : *entries)
      if (entry.gone) gone.insert(entry.client);
  }
  return gone;
}

TEST(YSession, ASlowReaderHearsWhoHasGoneMeanwhile) {
  TestWorld world;
  YPeer writer(world);
  YPeer slow(world, {.limits = {.queue_bytes = 1000}});
  auto guest = std::make_unique<YPeer>(world);
  const crdt::AwarenessEntry there{.client = 77, .clock = 1, .state = "{}"};
  guest->session->on_message(protocol::encode_y_awareness(crdt::encode_awareness({&there, 1})));
  world.loop.run();
  slow.connection.take();
  Typist ann(1);
  slow.connection.stuck = true;
  for (int i = 0; i < 100; ++i) writer.send(SyncKind::kUpdate, ann.insert(0, std::string(20, 'a')));
  world.loop.run();
  guest.reset();
  world.loop.run();
  slow.connection.unstick(*slow.session);
  world.loop.run();
  EXPECT_TRUE(gone_in(slow.connection.take()).contains(77));
}

TEST(YSession, AFastWriterIsHeldBack) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  YPeer a(world, {.limits = {.inflight_updates = 10}});
  Typist ann(1);
  for (int i = 0; i < 10; ++i) a.send(SyncKind::kUpdate, ann.type("x"));
  EXPECT_TRUE(a.connection.reading);
  a.send(SyncKind::kUpdate, ann.type("x"));
  EXPECT_FALSE(a.connection.reading) << "reading goes on past the bound";
  world.commit();
  EXPECT_TRUE(a.connection.reading);
  a.deliver(ann);
  EXPECT_EQ(a.saved, 11);
}

TEST(YSession, WhoDoesNotReadItsAcksIsHeldBack) {
  TestWorld world;
  YPeer a(world, {.limits = {.inflight_updates = 10}});
  Typist ann(1);
  const Bytes update = ann.type("x");
  a.connection.stuck = true;
  for (int i = 0; i < 11; ++i) a.send(SyncKind::kUpdate, update);
  world.loop.run();
  EXPECT_FALSE(a.connection.reading) << "a client may have any number of acks queued";
  a.connection.unstick(*a.session);
  EXPECT_TRUE(a.connection.reading);
  a.deliver(ann);
  EXPECT_EQ(a.saved, 11);
}

TEST(YSession, ManyRequestsForTheDocumentHaveOneAnswerQueued) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  YPeer a(world);
  Typist ann(1);
  a.send(SyncKind::kUpdate, ann.type("a whole document"));
  a.connection.take();
  a.connection.stuck = true;
  // Neither while the log is waited for, nor while the answer is queued.
  for (int i = 0; i < 1000; ++i) a.send(SyncKind::kStep1, Bytes{0});
  world.commit();
  for (int i = 0; i < 1000; ++i) a.send(SyncKind::kStep1, Bytes{0});
  a.deliver(ann);
  EXPECT_EQ(a.sync_messages, 1);
  a.connection.unstick(*a.session);
  world.loop.run();
  a.deliver(ann);
  EXPECT_EQ(a.sync_messages, 2) << "the last request was forgotten";
}

TEST(YSession, ABrokenStateVectorThatHadToWaitClosesItsSender) {
  TestWorld world;
  YPeer a(world, {.limits = {.queue_bytes = 10}});
  a.connection.stuck = true;
  a.session->on_message(protocol::encode_y_awareness(Bytes{1, 7, 1, 4, '"', 'a', 'b', '"'}));
  a.session->on_message(protocol::encode_y_awareness(Bytes{1, 7, 2, 4, '"', 'a', 'b', '"'}));
  a.session->on_message(Bytes{3});
  a.send(SyncKind::kStep1, Bytes{0xff});
  a.connection.unstick(*a.session);
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4400);
}

Bytes joined(std::initializer_list<Bytes> messages) {
  Bytes frame;
  for (const Bytes& message : messages) frame.insert(frame.end(), message.begin(), message.end());
  return frame;
}

TEST(YSession, TakesEveryMessageOfAFrame) {
  TestWorld world;
  YPeer a(world);
  YPeer b(world);
  a.connection.take();
  b.connection.take();
  Typist ann(1);
  Typist bob(2);
  const crdt::AwarenessEntry there{.client = 77, .clock = 1, .state = "{}"};
  a.session->on_message(joined({protocol::encode_y_sync(SyncKind::kStep1, Bytes{0}),
                                protocol::encode_y_awareness(crdt::encode_awareness({&there, 1})),
                                protocol::encode_y_sync(SyncKind::kUpdate, ann.type("one ")),
                                protocol::encode_y_sync(SyncKind::kUpdate, ann.type("two"))}));
  world.loop.run();
  EXPECT_FALSE(a.connection.closed);
  EXPECT_EQ(std::ranges::count(b.connection.sent, 1, [](auto& sent) { return sent->front(); }), 1)
      << "the awareness update was not taken";
  a.deliver(ann);
  b.deliver(bob);
  EXPECT_EQ(bob.text(), "one two");
  EXPECT_EQ(a.saved, 2);
}

TEST(YSession, AFrameThatIsMalformedAtItsEndIsRefusedWhole) {
  TestWorld world;
  YPeer a(world);
  Typist ann(1);
  a.session->on_message(
      joined({protocol::encode_y_sync(SyncKind::kUpdate, ann.type("x")), Bytes{0, 2, 9, 1}}));
  world.loop.run();
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4400);
  EXPECT_EQ(world.counters.changes_accepted, 0u);
}

TEST(YSession, MalformedMessagesCloseWithAReason) {
  TestWorld world;
  YPeer a(world);
  a.session->on_message(Bytes{0, 2, 9, 1});
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4400);
  EXPECT_FALSE(a.connection.closed->reason.empty());
}

TEST(YSession, AMalformedUpdateClosesItsSenderAlone) {
  TestWorld world;
  YPeer a(world);
  YPeer b(world);
  Typist ann(1);
  Typist bob(2);
  a.send(SyncKind::kUpdate, Bytes{1, 1, 1, 0, 4});
  world.loop.run();
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4400);
  EXPECT_FALSE(b.connection.closed);
  b.send(SyncKind::kUpdate, bob.type("fine"));
  world.loop.run();
  b.deliver(bob);
  EXPECT_EQ(b.saved, 1);
}

TEST(YSession, ABadTokenIsDeniedInTheProtocol) {
  TestWorld world;
  YPeer denied(world, {.principal = kStale});
  ASSERT_EQ(denied.connection.sent.size(), 1u);
  EXPECT_EQ(*denied.connection.sent[0], protocol::encode_y_denied("unknown token"));
  ASSERT_TRUE(denied.connection.closed);
  EXPECT_EQ(denied.connection.closed->code, 4401);
  denied.session->on_message(Bytes{0, 0, 1, 0});
}

TEST(YSession, AReaderMayNotWriteButStays) {
  TestWorld world;
  YPeer reader(world, {.principal = kReader});
  Typist ann(1);
  reader.connection.take();
  reader.send(SyncKind::kUpdate, ann.type("x"));
  world.loop.run();
  EXPECT_FALSE(reader.connection.closed);
  ASSERT_EQ(reader.connection.sent.size(), 1u);
  EXPECT_EQ(reader.connection.sent[0]->front(), 2) << "expected the protocol's permission denied";
  EXPECT_EQ(world.counters.changes_accepted, 0u);
}

TEST(YSession, ALostLogClosesWithARetryableCode) {
  TestWorld world;
  YPeer a(world);
  YPeer b(world);
  Typist ann(1);
  world.store.fail_appends(Error{ErrorCode::kUnavailable, "disk full"});
  a.send(SyncKind::kUpdate, ann.type("x"));
  world.loop.run();
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4503);
  EXPECT_EQ(a.connection.closed->reason, "disk full");
  ASSERT_TRUE(b.connection.closed);
}

// The log says that it was written by somebody else: nothing is wrong with any client.
TEST(YSession, ALostWorkspaceClosesWithARetryableCodeWhateverTheReason) {
  for (const ErrorCode reason : {ErrorCode::kConflict, ErrorCode::kInvalid, ErrorCode::kMalformed,
                                 ErrorCode::kForbidden, ErrorCode::kNotFound}) {
    TestWorld world;
    YPeer a(world);
    YPeer b(world);
    Typist ann(1);
    world.store.fail_appends(Error{reason, "the log ends elsewhere"});
    a.send(SyncKind::kUpdate, ann.type("x"));
    world.loop.run();
    for (const YPeer* peer : {&a, &b}) {
      ASSERT_TRUE(peer->connection.closed);
      EXPECT_EQ(peer->connection.closed->code, 4503) << to_string(reason);
    }
  }
}

TEST(YSession, AMessageOverTheLimitIsRefusedForGood) {
  TestWorld world;
  YPeer a(world);
  a.connection.take();
  EXPECT_TRUE(a.session->on_too_large(Bytes{0, 2}, 1000));
  ASSERT_EQ(a.connection.sent.size(), 1u);
  EXPECT_EQ(a.connection.sent[0]->front(), 2) << "the reason, where clients show it";
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4413);
  EXPECT_NE(a.connection.closed->reason.find("1000 bytes"), std::string::npos);
}

TEST(YSession, WhoComesBackToBeRefusedAgainIsToldAtOnceAndClosedLater) {
  TestWorld world;
  Refusals refusals;
  {
    YPeer first(world, {.principal = kStale, .refusals = &refusals});
    EXPECT_TRUE(first.connection.closed);
  }
  YPeer second(world, {.principal = kStale, .refusals = &refusals});
  ASSERT_EQ(second.connection.sent.size(), 1u);
  EXPECT_EQ(*second.connection.sent[0], protocol::encode_y_denied("unknown token"));
  second.session->on_message(Bytes{0, 0, 1, 0});
  world.loop.advance(999);
  EXPECT_FALSE(second.connection.closed);
  world.loop.advance(1);
  ASSERT_TRUE(second.connection.closed);
  EXPECT_EQ(second.connection.closed->code, 4401);
  EXPECT_EQ(second.counters.kept_waiting, 1u);
}

TEST(YSession, OneThatWaitsToBeClosedIsGoneFromItsDocument) {
  TestWorld world;
  Refusals refusals;
  refusals.note(7, world.loop.monotonic_ms());
  YPeer bad(world, {.refusals = &refusals});
  YPeer good(world, {.principal = identity::Principal{.id = "bob"}, .refusals = &refusals});
  const crdt::AwarenessEntry there{.client = 77, .clock = 1, .state = "{}"};
  bad.session->on_message(protocol::encode_y_awareness(crdt::encode_awareness({&there, 1})));
  good.connection.take();
  bad.session->on_message(Bytes{0, 2, 9, 1});
  EXPECT_FALSE(bad.connection.closed);
  EXPECT_EQ(gone_in(good.connection.take()), std::set<crdt::ClientId>{77});
  bad.connection.take();
  Typist ann(1);
  Typist bob(2);
  bad.send(SyncKind::kUpdate, ann.type("unheard"));
  good.send(SyncKind::kUpdate, bob.type("heard"));
  world.loop.run();
  EXPECT_TRUE(bad.connection.sent.empty());
  EXPECT_EQ(world.counters.changes_accepted, 1u);
  EXPECT_FALSE(good.connection.closed);
}

TEST(YSession, AWorkspaceThatIsShutAtTheLastMomentIsNotEntered) {
  TestWorld world;
  world.gate = [](const identity::Caller& caller, const std::string& workspace) -> Result<void> {
    EXPECT_EQ(caller.principal.id, "ann");
    return fail(ErrorCode::kUnavailable, workspace + " is being imported");
  };
  YPeer a(world);
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4503);
  EXPECT_FALSE(world.host.has("w"));
}

TEST(YSession, PresenceOverTheLimitIsSaidOnceAndTheDocumentGoesOn) {
  TestWorld world;
  YPeer a(world);
  a.connection.take();
  const std::string avatar = "\"" + std::string(100'000, 'x') + "\"";
  for (std::uint64_t clock = 1; clock < 4; ++clock) {
    const crdt::AwarenessEntry entry{.client = 77, .clock = clock, .state = avatar};
    a.session->on_message(protocol::encode_y_awareness(crdt::encode_awareness({&entry, 1})));
  }
  EXPECT_FALSE(a.connection.closed);
  ASSERT_EQ(a.connection.sent.size(), 1u);
  EXPECT_EQ(a.connection.sent[0]->front(), 2);
  EXPECT_EQ(a.counters.awareness_dropped, 3u);
  Typist ann(1);
  a.send(SyncKind::kUpdate, ann.type("x"));
  world.loop.run();
  a.deliver(ann);
  EXPECT_EQ(a.saved, 1);
}

TEST(YSession, RefusalsThatAreNotReadBecomeOne) {
  TestWorld world;
  YPeer reader(world, {.principal = kReader, .limits = {.queue_bytes = 200}});
  reader.connection.take();
  reader.connection.stuck = true;
  Typist ann(1);
  for (int i = 0; i < 1000; ++i) reader.send(SyncKind::kUpdate, ann.type("x"));
  EXPECT_LT(reader.connection.queued_bytes(), 300u);
  reader.connection.take();
  reader.connection.unstick(*reader.session);
  ASSERT_EQ(reader.connection.sent.size(), 1u);
  EXPECT_EQ(reader.connection.sent[0]->front(), 2);
}

// A client that learned at once that its token is wrong would connect again for the next one.
TEST(YSession, AWrongTokenMayBeDeniedLaterAndNothingIsSaidBefore) {
  TestWorld world;
  YPeer denied(world, {.principal = kStale, .refused_for_ms = 4000});
  denied.send(SyncKind::kStep1, Bytes{0});
  world.loop.advance(3999);
  EXPECT_FALSE(denied.connection.reading);
  EXPECT_TRUE(denied.connection.sent.empty());
  EXPECT_FALSE(denied.connection.closed);
  world.loop.advance(1);
  ASSERT_TRUE(denied.connection.closed);
  EXPECT_EQ(denied.connection.closed->code, 4401);
  EXPECT_EQ(denied.connection.sent.size(), 1u);
}

TEST(YSession, AConnectionThatBreaksBeforeItsDenialIsForgotten) {
  TestWorld world;
  YPeer denied(world, {.principal = kStale, .refused_for_ms = 4000});
  denied.end(1006);
  world.loop.advance(5000);
  EXPECT_FALSE(denied.connection.closed);
}

// The operator reads who was refused, and why; nothing else of what the client sent.
TEST(YSession, ARefusalIsReportedWithItsReason) {
  TestWorld world;
  YPeer denied(world, {.principal = kStale});
  EXPECT_EQ(world.reports.line_with("session refused"),
            "info session refused  reason=\"unknown token\" code=4401 workspace=w object=note "
            "protocol=y-websocket peer=test");
  YPeer reader(world, {.principal = identity::Principal{.id = "bob",
                                                        .rights = identity::Rights::reading()}});
  EXPECT_NE(world.reports.line_with("session opened").find("principal=bob"), std::string::npos);
  Typist typist(1);
  reader.send(SyncKind::kUpdate, typist.type("secret words"));
  world.loop.run();
  EXPECT_NE(world.reports.line_with("change refused").find("debug change refused"),
            std::string::npos);
  for (const std::string& line : world.reports.lines())
    EXPECT_EQ(line.find("secret words"), std::string::npos) << line;
}

TEST(YSession, TheTimeUntilAChangeIsDurableIsMeasured) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  YPeer peer(world);
  Typist typist(1);
  peer.send(SyncKind::kUpdate, typist.type("x"));
  world.loop.advance(40);
  EXPECT_EQ(world.counters.durable_us.count(), 0u);
  world.commit();
  EXPECT_EQ(world.counters.durable_us.count(), 1u);
  EXPECT_EQ(world.counters.durable_us.sum(), 40'000u);
  EXPECT_EQ(world.counters.changes_settled, world.counters.changes_accepted);
}

TEST(YSession, WhoeverHasChangesUnderWayIsMeasuredApart) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  YPeer peer(world);
  Typist typist(1);
  peer.send(SyncKind::kUpdate, typist.type("x"));
  peer.send(SyncKind::kUpdate, typist.type("y"));
  world.commit();
  EXPECT_EQ(world.counters.durable_us.count(), 2u);
  EXPECT_EQ(world.counters.alone_durable_us.count(), 1u);
  peer.send_together({update_of(typist.type("a")), update_of(typist.type("b"))});
  world.commit();
  EXPECT_EQ(world.counters.durable_us.count(), 3u);
  EXPECT_EQ(world.counters.alone_durable_us.count(), 2u) << "a and b are one change";
  EXPECT_EQ(world.counters.long_durable_us.count(), 0u);
}

TEST(YSession, OneClientHasFewUpdatesUnderWay) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  YPeer peer(world);
  Typist typist(1);
  int sent = 0;
  for (; peer.connection.reading && sent < 10'000; ++sent)
    peer.send(SyncKind::kUpdate, typist.type("x"));
  EXPECT_LE(sent, 130) << "what it sends then waits in its own socket";
  world.loop.run();
  world.commit();
  world.loop.run();
  EXPECT_TRUE(peer.connection.reading);
}

// ---- when memory is short

TEST(YSession, WhileMemoryIsFullADocumentIsOpenedLater) {
  TestWorld world;
  world.memory.set_resident(1000);
  YPeer peer(world);
  Typist ann(1);
  EXPECT_TRUE(peer.connection.sent.empty());
  EXPECT_FALSE(peer.connection.reading);
  peer.send(SyncKind::kUpdate, ann.type("early"));  // was read before
  world.loop.advance(5000);
  EXPECT_TRUE(peer.connection.sent.empty());
  world.memory.set_resident(500);
  world.loop.advance(300);
  EXPECT_FALSE(peer.connection.sent.empty());
  EXPECT_TRUE(peer.connection.reading);
  EXPECT_EQ(world.counters.changes_accepted, 1u);
  EXPECT_EQ(peer.counters.joins_put_off, 1u);
}

TEST(YSession, WhoWaitsTooLongForMemoryIsToldToComeBack) {
  TestWorld world;
  world.memory.set_resident(1000);
  YPeer peer(world);
  world.loop.advance(21'000);
  ASSERT_TRUE(peer.connection.closed);
  EXPECT_EQ(peer.connection.closed->code, 4503) << "clients come back after it";
  EXPECT_EQ(peer.counters.joins_refused, 1u);
}

TEST(YSession, WhoLeavesWhileItWaitsForMemoryLeavesNothingBehind) {
  TestWorld world;
  world.memory.set_resident(1000);
  { YPeer peer(world); }
  world.loop.advance(30'000);
}

// A large answer waits for the queues of others; a small one does not.
TEST(YSession, WhileMuchIsQueuedForOthersALargeAnswerWaits) {
  TestWorld world;
  Typist ann(1);
  YPeer writer(world);
  YPeer reader(world);
  writer.send(SyncKind::kUpdate, ann.type("small"));
  world.loop.run();
  reader.connection.others_queue_much = true;
  reader.connection.take();
  reader.send(SyncKind::kStep1, Bytes{0});
  world.loop.run();
  EXPECT_FALSE(reader.connection.sent.empty()) << "a small one does not wait";
  writer.send(SyncKind::kUpdate, ann.type(std::string(400'000, 'x')));
  world.loop.run();
  reader.connection.take();
  reader.send(SyncKind::kStep1, Bytes{0});
  world.loop.advance(1000);
  EXPECT_TRUE(reader.connection.sent.empty());
  EXPECT_GE(reader.counters.answers_put_off, 1u);
  reader.connection.others_queue_much = false;
  world.loop.advance(300);
  Typist bob(2);
  reader.deliver(bob);
  EXPECT_EQ(bob.text().size(), 400'005u);
}

// They were joined, and wait in line for the object. Only the one that cannot be taken yet waits on.
TEST(YSession, UpdatesOfAClientThatLeavesWhileTheObjectIsAwayAreTaken) {
  testing::HandJobs jobs;
  TestWorld world(MemoryStore::CommitMode::kAtOnce, {}, &jobs, {.bytes = 200, .memory = 100'000});
  YPeer watcher(world);
  Typist ann(1);
  Typist other(3);
  const Bytes cause = other.type("c");
  {
    YPeer leaves(world);
    leaves.send(SyncKind::kUpdate, Typist(2).type(std::string(300, 'x')));
    leaves.send_together(
        {update_of(ann.type("a")), update_of(other.type("d")), update_of(ann.type("b"))});
    world.loop.run();
  }
  EXPECT_EQ(world.counters.changes_accepted, 0u);
  while (!jobs.waiting().empty()) {
    jobs.run_next(world.loop, world.sources);
    world.loop.run();
  }
  EXPECT_EQ(world.counters.changes_accepted, 3u);
  EXPECT_EQ(world.counters.changes_waiting, 1u);
  watcher.send(SyncKind::kUpdate, cause);
  world.loop.run();
  EXPECT_EQ(world.counters.changes_accepted, 5u);
  Typist reader(9);
  reader.receive(cause);
  watcher.deliver(reader);
  for (const char* part : {"ab", "d", "xxx"})
    EXPECT_NE(reader.text().find(part), std::string::npos) << part;
}

// The same while answers under way have used up their part, and memory is nearly short.
TEST(YSession, WhileThereIsNoRoomForAnswersALargeOneWaits) {
  TestWorld world;
  Typist ann(1);
  YPeer writer(world);
  writer.send(SyncKind::kUpdate, ann.type(std::string(400'000, 'x')));
  world.loop.run();
  YPeer reader(world);
  world.fill(MemoryUse::kAnswers);
  reader.connection.take();
  reader.send(SyncKind::kStep1, Bytes{0});
  world.loop.advance(1000);
  EXPECT_TRUE(reader.connection.sent.empty());
  EXPECT_GE(reader.counters.answers_put_off, 1u);
  world.empty(MemoryUse::kAnswers);
  world.loop.advance(300);
  Typist bob(2);
  reader.deliver(bob);
  EXPECT_EQ(bob.text().size(), 400'000u);
}

// It is larger than all answers may be together, so it would wait for nothing.
TEST(YSession, WhileNoAnswerIsUnderWayALargeOneDoesNotWait) {
  TestWorld world(store::MemoryStore::CommitMode::kAtOnce, {}, nullptr, {}, 100'000);
  Typist ann(1);
  YPeer writer(world);
  writer.send(SyncKind::kUpdate, ann.type(std::string(400'000, 'x')));
  world.loop.run();
  YPeer reader(world);
  world.memory.set_resident(950);
  reader.send(SyncKind::kStep1, Bytes{0});
  world.loop.run();
  EXPECT_EQ(reader.counters.answers_put_off, 0u);
  Typist bob(2);
  reader.deliver(bob);
  EXPECT_EQ(bob.text().size(), 400'000u);
}

// The refusal of an opening waits for what is in flight. The client may have left by then.
TEST(YSession, AClientMayLeaveBeforeItsOpeningIsRefused) {
  TestWorld world(store::MemoryStore::CommitMode::kManual);
  YPeer writer(world);
  world.commit();
  writer.send(SyncKind::kUpdate, Typist(1).type("in flight"));
  world.loop.run();
  {
    YPeer refused(world, {.object = "no\u200bte"});
    world.loop.run();
  }
  world.commit();
  EXPECT_EQ(world.counters.events_committed, 1u);
}

// From when it has arrived until it is durable and told, even if its author leaves.
TEST(YSession, AChangeIsChargedUntilItIsTold) {
  TestWorld world(store::MemoryStore::CommitMode::kManual);
  const auto charged = [&] { return world.memory.used(MemoryUse::kChanges); };
  Typist ann(1);
  YPeer watcher(world);
  {
    YPeer writer(world);
    world.commit();
    writer.send(SyncKind::kUpdate, ann.type(std::string(10'000, 'x')));
    world.loop.run();
    EXPECT_GE(charged(), 2 * 10'000u);
    EXPECT_LE(charged(), 2 * 10'000u + 1'000);
  }
  world.loop.run();
  EXPECT_GE(charged(), 2 * 10'000u) << "the log and the outbox still have it";
  world.commit();
  EXPECT_EQ(charged(), 0u);
  Typist bob(2);
  watcher.deliver(bob);
  EXPECT_EQ(bob.text().size(), 10'000u);
}

TEST(YSession, AChangeThatWaitsForOthersIsChargedAsThat) {
  TestWorld world;
  Typist ann(1);
  YPeer writer(world);
  world.loop.run();
  ann.type("cause");
  writer.send(SyncKind::kUpdate, ann.type("effect"));
  world.loop.run();
  EXPECT_EQ(world.counters.changes_waiting, 1u);
  EXPECT_EQ(world.memory.used(MemoryUse::kChanges), 0u);
  EXPECT_GT(world.memory.used(MemoryUse::kWaiting), 0u);
}

// While the changes under way use up their part, a client has little of it.
TEST(YSession, WhileManyChangesAreUnderWayAClientSendsLess) {
  TestWorld world(store::MemoryStore::CommitMode::kManual);
  Typist ann(1);
  YPeer writer(world);
  world.commit();
  world.fill(MemoryUse::kChanges);
  writer.send(SyncKind::kUpdate, ann.type(std::string(20'000, 'x')));
  world.loop.run();
  EXPECT_TRUE(writer.connection.reading) << "everybody has a little";
  writer.send(SyncKind::kUpdate, ann.type(std::string(60'000, 'x')));
  world.loop.run();
  EXPECT_FALSE(writer.connection.reading);
  world.commit();
  EXPECT_TRUE(writer.connection.reading) << "what was under way is durable";
}

TEST(YSession, WhileMemoryIsShortASlowReaderFallsBehindEarlier) {
  TestWorld world;
  Typist ann(1);
  YPeer writer(world);
  YPeer slow(world);
  slow.connection.stuck = true;
  const auto type_much = [&] {
    for (int i = 0; i < 20; ++i) writer.send(SyncKind::kUpdate, ann.type(std::string(10'000, 'x')));
    world.loop.run();
  };
  type_much();
  EXPECT_EQ(slow.counters.fell_behind, 0u);
  EXPECT_GT(slow.connection.queued_bytes(), 200'000u);
  slow.connection.drain(*slow.session);
  world.memory.set_resident(900);
  type_much();
  EXPECT_EQ(slow.counters.fell_behind, 1u);
  constexpr std::size_t kOneMessage = 65'536 + 100;  // updates that leave together are joined
  EXPECT_LT(slow.connection.queued_bytes(), Limits().short_queue_bytes + kOneMessage);
  world.memory.set_resident(100);
  slow.connection.unstick(*slow.session);
  world.loop.run();
  Typist bob(2);
  slow.deliver(bob);
  EXPECT_EQ(bob.text(), ann.text());
}

// ---- accounts

Bytes presence_of_size(crdt::ClientId client, std::size_t bytes) {
  const std::string json = "\"" + std::string(bytes, 'x') + "\"";
  const crdt::AwarenessEntry entry{.client = client, .clock = 1, .state = json, .gone = false};
  return protocol::encode_y_awareness(crdt::encode_awareness({&entry, 1}));
}

TEST(YSession, TheConnectionsOfAPrincipalShareAnAccount) {
  TestWorld world;
  const auto presence_of = [](const YPeer& peer) {
    return peer.connection.account->cell(MemoryUse::kPresence).used();
  };
  {
    std::vector<std::unique_ptr<YPeer>> anns;
    for (crdt::ClientId i = 1; i <= 30; ++i) {
      anns.push_back(std::make_unique<YPeer>(world));
      ASSERT_NE(anns.back()->connection.account, nullptr);
      EXPECT_EQ(anns.back()->connection.account, anns.front()->connection.account);
      anns.back()->session->on_message(presence_of_size(i, 60'000));
      world.loop.run();
    }
    EXPECT_LE(presence_of(*anns.front()), TestWorld::kPrincipalPresence);
    EXPECT_GE(presence_of(*anns.front()), TestWorld::kPrincipalPresence - 61'000);
    EXPECT_GT(anns.back()->counters.awareness_dropped, 0u);
    YPeer bob(world, {.principal = identity::Principal{.id = "bob"}});
    EXPECT_NE(bob.connection.account, anns.front()->connection.account);
    bob.session->on_message(presence_of_size(99, 60'000));
    world.loop.run();
    EXPECT_GE(presence_of(bob), 60'000u) << "he has his own";
    EXPECT_EQ(bob.counters.awareness_dropped, 0u);
    EXPECT_EQ(world.accounts.size(), 2u);
  }
  world.loop.advance(40'000);
  world.loop.run();
  EXPECT_EQ(world.memory.used(MemoryUse::kPresence), 0u);
}

}  // namespace
}  // namespace syncline::session
