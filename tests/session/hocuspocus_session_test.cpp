#include "session/hocuspocus_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_writer.h"
#include "identity/access.h"
#include "session/refusals.h"
#include "support/fake_connection.h"
#include "support/test_world.h"

namespace syncline::session {
namespace {

using protocol::SyncKind;
using testing::FakeConnection;
using testing::TestWorld;
using testing::Typist;

Bytes token_message(std::string_view address, std::string_view token) {
  ByteWriter out;
  out.var_string(address);
  out.var_uint(2);
  out.var_uint(0);
  out.var_string(token);
  out.var_string("4.8.0");
  return out.take();
}

struct Peer {
  Peer(TestWorld& test_world, const identity::Access& access, Result<void> admission = {},
       limits::FailedTokens* failed_tokens = nullptr)
      : world(test_world) {
    session = std::make_unique<HocuspocusSession>(HocuspocusOptions{.host = world.host,
                                                                    .workspace = "w",
                                                                    .admission = admission,
                                                                    .access = access,
                                                                    .failed_tokens = failed_tokens,
                                                                    .actor = "actor",
                                                                    .limits = limits,
                                                                    .counters = counters});
    session->on_open(connection);
  }
  ~Peer() { session->on_closed(1000); }

  void open(std::string_view address, std::string_view token = "") {
    session->on_message(token_message(address, token));
    world.loop.run();
  }
  void send(std::string_view address, SyncKind kind, ByteView payload) {
    session->on_message(protocol::encode_hocuspocus_sync(address, kind, payload));
    world.loop.run();
  }
  bool was_sent(const Bytes& message) const {
    for (const SharedBytes& sent : connection.sent) {
      if (*sent == message) return true;
    }
    return false;
  }

  TestWorld& world;
  Limits limits;
  Counters counters;
  FakeConnection connection;
  std::unique_ptr<HocuspocusSession> session;
};

const identity::Access kOpen;

TEST(HocuspocusSession, WelcomesSyncsAndSaves) {
  TestWorld world;
  Peer a(world, kOpen);
  Peer b(world, kOpen);
  a.open("doc");
  b.open("doc");
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_authenticated("doc", false)));
  Typist ann(1);
  const Bytes update = ann.type("hi");
  a.send("doc", SyncKind::kUpdate, update);
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_status("doc", true)));
  EXPECT_TRUE(b.was_sent(protocol::encode_hocuspocus_sync("doc", SyncKind::kUpdate, update)));
}

TEST(HocuspocusSession, AnswersStep1WithStep2AndAStep1OfItsOwn) {
  TestWorld world;
  Peer a(world, kOpen);
  a.open("doc");
  a.connection.take();
  a.send("doc", SyncKind::kStep1, Bytes{0});
  ASSERT_EQ(a.connection.sent.size(), 2u);
  EXPECT_EQ(*a.connection.sent[0],
            protocol::encode_hocuspocus_sync("doc", SyncKind::kStep2, Bytes{0, 0}));
  EXPECT_EQ(*a.connection.sent[1],
            protocol::encode_hocuspocus_sync("doc", SyncKind::kStep1, Bytes{0}));
}

TEST(HocuspocusSession, MessagesBeforeTheTokenWait) {
  TestWorld world;
  Peer a(world, kOpen);
  Typist ann(1);
  a.send("doc", SyncKind::kUpdate, ann.type("early"));
  EXPECT_TRUE(a.connection.sent.empty());
  a.open("doc");
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_status("doc", true)));
  EXPECT_EQ(world.counters.changes_accepted, 1u);
}

// Only of the message that has just arrived, not of one that waited for its token.
TEST(HocuspocusSession, ALargeMessageIsKeptAndNotCopied) {
  TestWorld world;
  Peer peer(world, kOpen);
  peer.open("doc");
  const auto owner = std::make_shared<const int>();
  const auto send_large = [&](std::string_view address, crdt::ClientId client) {
    peer.connection.owner = owner;
    peer.send(address, SyncKind::kUpdate, Typist(client).type(std::string(20'000, 'x')));
  };
  send_large("doc", 1);
  EXPECT_EQ(peer.connection.owner, nullptr);
  peer.connection.owner = owner;
  peer.send("doc", SyncKind::kUpdate, Typist(2).type("small"));
  EXPECT_NE(peer.connection.owner, nullptr);
  send_large("early", 3);
  EXPECT_NE(peer.connection.owner, nullptr) << "the session keeps a copy";
  peer.open("early");
  EXPECT_NE(peer.connection.owner, nullptr) << "it belongs to the token";
  EXPECT_EQ(world.counters.changes_accepted, 3u);
}

TEST(HocuspocusSession, TooMuchBeforeATokenEndsIt) {
  TestWorld world;
  Peer a(world, kOpen);
  for (int i = 0; i < 1001 && !a.connection.closed; ++i) a.send("doc", SyncKind::kStep1, Bytes{0});
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4205);
}

TEST(HocuspocusSession, NoTokenInTimeEndsIt) {
  TestWorld world;
  Peer a(world, kOpen);
  world.loop.advance(10'000);
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4408);
}

TEST(HocuspocusSession, ADeniedTokenLeavesTheConnectionOpen) {
  TestWorld world;
  const identity::Access access({{"right", {.id = "ann"}}});
  Peer a(world, access);
  a.open("doc", "wrong");
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_denied("doc", "unknown token")));
  EXPECT_NE(world.reports.line_with("session refused")
                .find("reason=\"unknown token\" code=4401 workspace=w object=doc"),
            std::string::npos);
  EXPECT_FALSE(a.connection.closed);
  a.open("doc", "right");
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_authenticated("doc", false)));
}

TEST(HocuspocusSession, WhoWasDeniedMayGoOnSendingWithoutHarmToOthers) {
  TestWorld world;
  const identity::Access access({{"right", {.id = "ann"}}});
  Peer a(world, access);
  a.open("other", "right");
  Typist ann(1);
  a.send("doc", SyncKind::kUpdate, ann.type("before the token"));
  a.open("doc", "wrong");
  for (int i = 0; i < 2000; ++i) a.send("doc", SyncKind::kUpdate, ann.type("x"));
  EXPECT_FALSE(a.connection.closed);
  // What was said before the right token is not believed for it.
  a.open("doc", "right");
  EXPECT_EQ(world.counters.changes_accepted, 0u);
  a.send("doc", SyncKind::kUpdate, Typist(2).type("y"));
  EXPECT_EQ(world.counters.changes_accepted, 1u);
}

// The same id in two tenants names two people.
identity::Principal ann_of(std::string tenant) {
  const identity::Identity identity{.tenant = std::move(tenant)};
  return {.id = "ann", .identity = std::make_shared<const identity::Identity>(identity)};
}

TEST(HocuspocusSession, AConnectionIsOfTheTenantThatCameFirst) {
  TestWorld world;
  const identity::Access access({{"one", ann_of("acme")}, {"two", ann_of("beta")}});
  Peer a(world, access);
  a.open("doc", "one");
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_authenticated("doc", false)));
  a.open("other", "two");
  EXPECT_TRUE(a.was_sent(
      protocol::encode_hocuspocus_denied("other", "this connection is of another tenant")));
  EXPECT_FALSE(a.was_sent(protocol::encode_hocuspocus_authenticated("other", false)));
  // A new token for an open document is no way into it either.
  a.open("doc", "two");
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_close(
      "doc", "the new token is of another principal; open the document again")));
  a.send("doc", SyncKind::kUpdate, Typist(1).type("x"));
  EXPECT_EQ(world.counters.changes_accepted, 0u);
}

TEST(HocuspocusSession, WrongTokensForManyDocumentsEndIt) {
  TestWorld world;
  const identity::Access access({{"right", {.id = "ann"}}});
  Peer a(world, access);
  for (int i = 0; i < 1000 && !a.connection.closed; ++i) a.open(std::to_string(i), "wrong");
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4205);
}

TEST(HocuspocusSession, AnEmptySessionIdDoesNotMisleadTheOthers) {
  TestWorld world;
  Peer odd(world, kOpen);
  Peer plain(world, kOpen);
  const std::string address("doc\0", 4);
  odd.open(address);
  plain.open("doc");
  Peer writer(world, kOpen);
  writer.open("doc");
  const Bytes update = Typist(1).type("x");
  writer.send("doc", SyncKind::kUpdate, update);
  EXPECT_TRUE(odd.was_sent(protocol::encode_hocuspocus_sync(address, SyncKind::kUpdate, update)));
  EXPECT_TRUE(plain.was_sent(protocol::encode_hocuspocus_sync("doc", SyncKind::kUpdate, update)))
      << "it was sent under the address of another client";
}

TEST(HocuspocusSession, AnEndlessAddressEndsIt) {
  TestWorld world;
  Peer a(world, kOpen);
  a.open("doc" + std::string(1, '\0') + std::string(500, 's'));
  EXPECT_FALSE(a.connection.closed);
  a.open("doc" + std::string(1, '\0') + std::string(100'000, 's'));
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4205);
}

TEST(HocuspocusSession, ABrokenStateVectorClosesItsDocument) {
  TestWorld world;
  Peer a(world, kOpen);
  a.open("doc");
  a.connection.take();
  a.send("doc", SyncKind::kStep1, Bytes{0xff});
  ASSERT_EQ(a.connection.sent.size(), 1u);
  EXPECT_EQ(protocol::decode_hocuspocus(*a.connection.sent[0])->kind,
            protocol::HocuspocusMessage::Kind::kClose);
  EXPECT_FALSE(a.connection.closed);
}

TEST(HocuspocusSession, WhoDoesNotReadItsAnswersIsNotRead) {
  TestWorld world;
  Peer a(world, kOpen);
  a.connection.stuck = true;
  const Bytes ping{9};
  int sent = 0;
  for (; sent < 10'000 && a.connection.reading; ++sent) a.session->on_message(ping);
  EXPECT_LE(sent, 1000);
  a.connection.unstick(*a.session);
  EXPECT_TRUE(a.connection.reading);
}

// Many documents on one connection, whose client reads slowly.
class SlowReader : public ::testing::Test {
 protected:
  static constexpr int kDocuments = 5;

  explicit SlowReader(store::MemoryStore::CommitMode mode = store::MemoryStore::CommitMode::kAtOnce)
      : world_(mode) {
    slow_.limits.queue_bytes = 1000;
    for (int i = 0; i < kDocuments; ++i) {
      slow_.open(name(i));
      writer_.open(name(i));
      writers_.push_back(std::make_unique<Typist>(100 + i));
      readers_.push_back(std::make_unique<Typist>(200 + i));
    }
    slow_.connection.take();
    slow_.connection.stuck = true;
  }

  static std::string name(int document) { return "d" + std::to_string(document); }

  void type(int document) {
    writer_.send(name(document), SyncKind::kUpdate,
                 writers_[document]->type(std::string(400, 'x')));
  }

  // What is queued reaches the client. Its bytes.
  std::size_t drain() {
    const std::size_t bytes = slow_.connection.queued_bytes();
    for (const SharedBytes& sent : slow_.connection.take()) {
      const auto message = protocol::decode_hocuspocus(*sent);
      if (message->kind == protocol::HocuspocusMessage::Kind::kSync &&
          message->sync != SyncKind::kStep1)
        readers_[message->address[1] - '0']->receive(message->payload);
    }
    slow_.connection.drain(*slow_.session);
    world_.loop.run();
    return bytes;
  }

  void expect_all_there() {
    for (int i = 0; i < kDocuments; ++i) EXPECT_EQ(readers_[i]->text(), writers_[i]->text()) << i;
  }

  TestWorld world_;
  Peer slow_{world_, kOpen};
  Peer writer_{world_, kOpen};
  std::vector<std::unique_ptr<Typist>> writers_;
  std::vector<std::unique_ptr<Typist>> readers_;
};

TEST_F(SlowReader, IsBroughtUpToDateOneDocumentAfterTheOther) {
  for (int round = 0; round < 12; ++round)
    for (int i = 0; i < kDocuments; ++i) type(i);
  // One that always has news does not keep the others waiting.
  for (int round = 0; round < kDocuments + 2; ++round) {
    EXPECT_LT(drain(), 12'000u) << "what all documents owed was queued at once";
    for (int i = 0; i < 3; ++i) type(0);
  }
  for (int i = 1; i < kDocuments; ++i) EXPECT_EQ(readers_[i]->text(), writers_[i]->text()) << i;
  while (drain() > 0) {
  }
  expect_all_there();
}

class SlowReaderOfAFastWriter : public SlowReader {
 protected:
  SlowReaderOfAFastWriter() : SlowReader(store::MemoryStore::CommitMode::kManual) {}
};

TEST_F(SlowReaderOfAFastWriter, IsAnsweredWithinTheBoundWhenTheDiskIsReady) {
  for (int round = 0; round < 4; ++round)
    for (int i = 0; i < kDocuments; ++i) type(i);
  world_.commit();
  // What is owed has to wait for the disk, for all documents alike.
  for (int i = 0; i < kDocuments; ++i) type(i);
  for (int i = 0; i < kDocuments; ++i) slow_.send(name(i), SyncKind::kStep1, Bytes{0});
  drain();
  for (int round = 0; round < 3 * kDocuments; ++round) {
    world_.commit();
    EXPECT_LT(drain(), 1000u + 2500u) << "what all documents owed was queued at once";
  }
  expect_all_there();
}

TEST(HocuspocusSession, AReaderIsToldSoAndItsUpdatesAreRefused) {
  TestWorld world;
  const identity::Access access(
      {{"look", {.id = "reader", .rights = identity::Rights::reading()}}});
  Peer a(world, access);
  a.open("doc", "look");
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_authenticated("doc", true)));
  Typist ann(1);
  a.send("doc", SyncKind::kUpdate, ann.type("x"));
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_status("doc", false)));
  EXPECT_EQ(world.counters.changes_accepted, 0u);
}

TEST(HocuspocusSession, SessionsOfOneDocumentKeepTheirAddresses) {
  using namespace std::string_view_literals;
  TestWorld world;
  Peer a(world, kOpen);
  a.open("doc\0one"sv);
  a.open("doc\0two"sv);
  Typist ann(1);
  const Bytes update = ann.type("x");
  a.send("doc\0one"sv, SyncKind::kUpdate, update);
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_status("doc\0one"sv, true)));
  EXPECT_TRUE(
      a.was_sent(protocol::encode_hocuspocus_sync("doc\0two"sv, SyncKind::kUpdate, update)));
}

TEST(HocuspocusSession, ABadUpdateEndsItsDocumentAlone) {
  TestWorld world;
  Peer a(world, kOpen);
  a.open("bad");
  a.open("good");
  a.send("bad", SyncKind::kUpdate, Bytes{1, 1, 1});
  EXPECT_FALSE(a.connection.closed);
  Typist ann(1);
  a.send("good", SyncKind::kUpdate, ann.type("x"));
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_status("good", true)));
  EXPECT_FALSE(a.was_sent(protocol::encode_hocuspocus_status("bad", true)));
}

TEST(HocuspocusSession, StatelessMessagesReachTheOthers) {
  TestWorld world;
  Peer a(world, kOpen);
  Peer b(world, kOpen);
  a.open("doc");
  b.open("doc");
  const Bytes message = protocol::encode_hocuspocus_stateless("doc", "ping");
  a.session->on_message(message);
  world.loop.run();
  EXPECT_TRUE(b.was_sent(message));
  EXPECT_FALSE(a.was_sent(message));
}

TEST(HocuspocusSession, ClosingADocumentIsAnsweredAndLeavesTheOthers) {
  TestWorld world;
  Peer a(world, kOpen);
  a.open("doc");
  a.open("other");
  a.session->on_message(Bytes{3, 'd', 'o', 'c', 7});  // as the published providers say it
  world.loop.run();
  EXPECT_FALSE(a.connection.closed);
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_close("doc", "provider_initiated")));
  Typist ann(1);
  a.send("other", SyncKind::kUpdate, ann.type("x"));
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_status("other", true)));
}

TEST(HocuspocusSession, PingsAreAnswered) {
  TestWorld world;
  Peer a(world, kOpen);
  a.session->on_message(Bytes{9});
  ASSERT_EQ(a.connection.sent.size(), 1u);
  EXPECT_EQ(*a.connection.sent[0], Bytes{10});
}

// ---- what is refused for good, and goes on being sent

Bytes beginning(const Bytes& message) {
  return Bytes(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(
                                                      std::min(message.size(), kBeginningBytes)));
}

TEST(HocuspocusSession, AMessageOverTheLimitEndsItsDocumentAndNoOther) {
  TestWorld world;
  Peer a(world, kOpen);
  a.open("large");
  a.open("other");
  const Bytes large = protocol::encode_hocuspocus_sync("large", SyncKind::kUpdate, Bytes(5000));
  a.connection.take();
  EXPECT_TRUE(a.session->on_too_large(beginning(large), 4000));
  ASSERT_EQ(a.connection.sent.size(), 1u);
  EXPECT_EQ(*a.connection.sent[0],
            protocol::encode_hocuspocus_close(
                "large", "a message is larger than 4000 bytes, the most that this server takes"));
  EXPECT_FALSE(a.connection.closed);
  a.connection.take();
  EXPECT_TRUE(a.session->on_too_large(beginning(large), 4000));
  EXPECT_TRUE(a.connection.sent.empty()) << "it is told once";
  Typist ann(1);
  a.send("other", SyncKind::kUpdate, ann.type("x"));
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_status("other", true)));
  EXPECT_EQ(world.host.get("w").live_objects(), 1u);
}

// Before its first token a connection is a stranger's, who may hold little of the server's memory.
TEST(HocuspocusSession, AStrangersMessagesAreSmall) {
  TestWorld world;
  Peer a(world, kOpen);
  const std::size_t most = a.limits.stranger_bytes;
  EXPECT_EQ(a.connection.message_limit, most);
  const Bytes large = protocol::encode_hocuspocus_sync("doc", SyncKind::kUpdate, Bytes(most));
  EXPECT_TRUE(a.session->on_too_large(beginning(large), most));
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4205);

  Peer b(world, kOpen);
  b.send("one", SyncKind::kUpdate, Bytes(most / 2));
  b.send("two", SyncKind::kUpdate, Bytes(most / 2 - 1000));
  EXPECT_FALSE(b.connection.closed);
  b.send("three", SyncKind::kUpdate, Bytes(2000));
  ASSERT_TRUE(b.connection.closed) << "together they are too much";

  Peer c(world, kOpen);
  c.open("doc");
  EXPECT_EQ(c.connection.message_limit, std::numeric_limits<std::size_t>::max());
  c.send("other", SyncKind::kUpdate, Bytes(2 * most));  // may come before the token of its document
  EXPECT_FALSE(c.connection.closed);
}

// It was told that it may not; what it had under way is ignored.
TEST(HocuspocusSession, AStrangerWhoWasDeniedIsNotCutForWhatWasUnderWay) {
  TestWorld world;
  const identity::Access access({{"good", {.id = "ann"}}});
  Peer a(world, access);
  a.open("doc", "bad");
  const Bytes large = protocol::encode_hocuspocus_sync("doc", SyncKind::kUpdate, Bytes(100'000));
  EXPECT_TRUE(a.session->on_too_large(beginning(large), a.limits.stranger_bytes));
  EXPECT_FALSE(a.connection.closed);
}

TEST(HocuspocusSession, AMessageOverTheLimitForNobodyEndsTheConnection) {
  TestWorld world;
  Peer a(world, kOpen);
  EXPECT_TRUE(a.session->on_too_large(Bytes(kBeginningBytes, 0xff), 4000));
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4205);
}

// The published provider goes on sending after its document was closed.
TEST(HocuspocusSession, ADocumentThatFailedIsNotHeardUntilItsNextToken) {
  TestWorld world;
  Peer a(world, kOpen);
  a.open("doc");
  Typist ann(1);
  const Bytes good = ann.type("x");
  a.send("doc", SyncKind::kUpdate, Bytes{1, 2, 3});
  for (int i = 0; i < 2000; ++i) a.send("doc", SyncKind::kUpdate, good);
  EXPECT_FALSE(a.connection.closed);
  EXPECT_EQ(world.counters.changes_accepted, 0u);
  a.open("doc");
  EXPECT_EQ(world.counters.changes_accepted, 0u) << "what was sent meanwhile was not kept";
  a.send("doc", SyncKind::kUpdate, good);
  EXPECT_EQ(world.counters.changes_accepted, 1u);
}

TEST(HocuspocusSession, NamesThatAreTooLongAreDeniedByName) {
  TestWorld world;
  Peer a(world, kOpen);
  const std::string most(1024, 'n');
  a.open(most);
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_authenticated(most, false)));
  for (const std::size_t size : {1025, 5000}) {
    const std::string name(size, 'n');
    a.connection.take();
    a.open(name);
    ASSERT_EQ(a.connection.sent.size(), 1u);
    EXPECT_NE(as_text(*a.connection.sent[0]).find("an object id has"), std::string::npos) << size;
    a.send(name, SyncKind::kStep1, Bytes{0});
    EXPECT_FALSE(a.connection.closed);
  }
}

TEST(HocuspocusSession, ABadWorkspaceIsDeniedForEveryDocument) {
  TestWorld world;
  Peer a(world, kOpen, fail(ErrorCode::kInvalid, "no such name"));
  a.open("doc");
  a.open("other");
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_denied("doc", "no such name")));
  EXPECT_TRUE(a.was_sent(protocol::encode_hocuspocus_denied("other", "no such name")));
  EXPECT_FALSE(a.connection.closed);
}

TEST(HocuspocusSession, AWorkspaceThatIsShutMeanwhileIsNotEntered) {
  TestWorld world;
  bool shut = false;
  world.gate = [&](const identity::Caller&, const std::string&) -> Result<void> {
    if (!shut) return {};
    return fail(ErrorCode::kUnavailable, "workspace w is being imported");
  };
  Peer a(world, kOpen);
  a.open("doc");
  EXPECT_FALSE(a.connection.closed);
  shut = true;
  a.open("other");
  ASSERT_TRUE(a.connection.closed);
  EXPECT_EQ(a.connection.closed->code, 4205) << "the provider connects again after it";
}

// The published provider sends the tokens of all its documents at once.
TEST(HocuspocusSession, ManyWrongTokensAreDeniedLaterAndReadingStops) {
  TestWorld world;
  const identity::Access access({{"secret", {.id = "ann"}}});
  limits::FailedTokens failed;
  Peer peer(world, access, {}, &failed);
  peer.open("mine", "secret");  // else the whole connection would end after 10 seconds
  const std::size_t before = peer.connection.sent.size();
  const auto denials = [&] { return peer.connection.sent.size() - before; };
  std::size_t sent = 0;
  while (peer.connection.reading) {
    ASSERT_LT(sent, 10u);
    peer.open(std::to_string(sent++), "guess");
  }
  EXPECT_EQ(denials(), limits::FailedTokens::kConnection.at_once);
  // What was already read is still delivered: a name again, and more names than are muted at once.
  peer.open(std::to_string(sent - 1), "guess");
  for (; sent < 100; ++sent) peer.open(std::to_string(sent), "guess");
  EXPECT_EQ(denials(), limits::FailedTokens::kConnection.at_once);
  world.loop.advance(Refusals::kMaxWaitMs);
  EXPECT_EQ(denials(), sent) << "each is denied once";
  EXPECT_TRUE(peer.connection.reading);
  EXPECT_FALSE(peer.connection.closed);
}

TEST(HocuspocusSession, ARightTokenDoesNotWaitForWrongOnes) {
  TestWorld world;
  const identity::Access access({{"secret", {.id = "ann"}}});
  limits::FailedTokens failed;
  Peer guesser(world, access, {}, &failed);
  for (int i = 0; i < 100; ++i) guesser.open(std::to_string(i), "guess");
  Peer ann(world, access, {}, &failed);  // the same address
  ann.open("doc", "secret");
  EXPECT_TRUE(ann.was_sent(protocol::encode_hocuspocus_authenticated("doc", false)));
  // Also for a name whose denial waits.
  guesser.open("99", "secret");
  EXPECT_TRUE(guesser.was_sent(protocol::encode_hocuspocus_authenticated("99", false)));
  world.loop.advance(Refusals::kMaxWaitMs);
  EXPECT_FALSE(guesser.was_sent(protocol::encode_hocuspocus_denied("99", "unknown token")));
  EXPECT_TRUE(guesser.connection.reading);
}

TEST(HocuspocusSession, DenialsThatWaitAreBounded) {
  TestWorld world;
  const identity::Access access({{"secret", {.id = "ann"}}});
  limits::FailedTokens failed;
  Peer peer(world, access, {}, &failed);
  for (int i = 0; i < 10'000 && !peer.connection.closed; ++i) peer.open(std::to_string(i), "guess");
  EXPECT_TRUE(peer.connection.closed);
}

// ---- when memory is full

TEST(HocuspocusSession, WhileMemoryIsFullAFurtherDocumentIsOpenedLater) {
  TestWorld world;
  Peer peer(world, kOpen);
  Typist ann(1);
  peer.open("first");
  world.memory.set_resident(1000);
  peer.open("second");
  EXPECT_FALSE(peer.connection.reading);
  peer.send("first", SyncKind::kUpdate, ann.type("goes on"));  // was read before
  EXPECT_TRUE(peer.was_sent(protocol::encode_hocuspocus_status("first", true)));
  peer.send("second", SyncKind::kUpdate, ann.type(" here"));
  world.memory.set_resident(100);
  world.loop.advance(300);
  EXPECT_TRUE(peer.connection.reading);
  EXPECT_FALSE(peer.connection.closed);
  EXPECT_EQ(peer.counters.joins_put_off, 1u);
  EXPECT_EQ(world.counters.changes_accepted + world.counters.changes_waiting, 2u);
}

TEST(HocuspocusSession, WhoWaitsTooLongForMemoryComesBackLater) {
  TestWorld world;
  world.memory.set_resident(1000);
  Peer peer(world, kOpen);
  peer.open("doc");
  world.loop.advance(21'000);
  ASSERT_TRUE(peer.connection.closed);
  EXPECT_EQ(peer.connection.closed->code, 4205) << "its provider reconnects";
}

}  // namespace
}  // namespace syncline::session
