// Tokens of sessions that expire, are renewed and are revoked, in both protocols.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_writer.h"
#include "session/hocuspocus_session.h"
#include "session/y_session.h"
#include "support/fake_connection.h"
#include "support/test_world.h"

namespace syncline::session {
namespace {

using identity::Identity;
using identity::Principal;
using protocol::SyncKind;
using testing::FakeConnection;
using testing::TestWorld;
using testing::Typist;

constexpr std::uint64_t kLifetimeMs = 10'000;

// Tokens say who has them, until when and with which rights: "ann 5000 rw". Answers when the test says so.
class Tokens final : public identity::Authenticator {
 public:
  explicit Tokens(TestWorld& world) : start_ms_(world.loop.unix_ms()) {}

  bool open() const override { return false; }
  void authenticate(const identity::Credential& credential, Scheduler& loop,
                    Done done) const override {
    auto judged = judge(std::string(credential.token), loop.unix_ms());
    if (!later) return done(std::move(judged));
    waiting.push_back([judged = std::move(judged), done = std::move(done)]() mutable {
      done(std::move(judged));
    });
  }

  void answer() {
    for (auto& each : std::exchange(waiting, {})) each();
  }

  Result<Principal> judge(const std::string& token, std::uint64_t now_ms) const {
    const std::size_t space = token.find(' ');
    if (space == token.npos) return fail(ErrorCode::kUnauthorized, "no token");
    const std::uint64_t expires_ms = start_ms_ + std::stoull(token.substr(space + 1));
    if (expires_ms <= now_ms) return fail(ErrorCode::kUnauthorized, "the token has expired");
    if (down) return fail(ErrorCode::kUnavailable, "nobody can say");
    const bool writes = token.ends_with("rw");
    return Principal{
        .id = token.substr(0, space),
        .rights = writes ? identity::Rights::writing() : identity::Rights::reading(),
        .identity = std::make_shared<Identity>(Identity{.source = Identity::Source::kJwt,
                                                        .token = token,
                                                        .issued_ms = expires_ms - kLifetimeMs,
                                                        .expires_ms = expires_ms})};
  }

  bool later = false;
  bool down = false;
  mutable std::vector<Task> waiting;

 private:
  const std::uint64_t start_ms_;
};

Bytes token_for(std::string_view address, std::string_view token) {
  ByteWriter out;
  out.var_string(address);
  out.var_uint(2);
  out.var_uint(0);
  out.var_string(token);
  return out.take();
}

class Expiry : public ::testing::Test {
 protected:
  TestWorld world_;
  Tokens tokens_{world_};
  identity::Revocations revoked_;
  SessionTable table_{world_.loop, world_.random, revoked_, 3};
  Limits limits_;
  Counters counters_;
};

class HocuspocusExpiry : public Expiry {
 protected:
  HocuspocusExpiry() {
    session_ = std::make_unique<HocuspocusSession>(HocuspocusOptions{.host = world_.host,
                                                                     .workspace = "w",
                                                                     .access = tokens_,
                                                                     .sessions = &table_,
                                                                     .actor = "actor",
                                                                     .limits = limits_,
                                                                     .counters = counters_});
    session_->on_open(connection_);
  }
  ~HocuspocusExpiry() override {
    session_->on_closed(1000);
    EXPECT_EQ(table_.size(), 0u);
  }

  void token(std::string_view address, std::string_view token) {
    session_->on_message(token_for(address, token));
    world_.loop.run();
  }
  void type(std::string_view address, std::string_view text) {
    session_->on_message(
        protocol::encode_hocuspocus_sync(address, SyncKind::kUpdate, typist_.type(text)));
    world_.loop.run();
  }
  std::size_t times(const Bytes& message) const {
    std::size_t times = 0;
    for (const SharedBytes& sent : connection_.sent) times += *sent == message ? 1 : 0;
    return times;
  }
  std::size_t asked(std::string_view address) const {
    return times(protocol::encode_hocuspocus_token_wanted(address));
  }
  bool closed_with(std::string_view address, std::string_view reason) const {
    return times(protocol::encode_hocuspocus_close(address, reason)) > 0;
  }

  FakeConnection connection_;
  std::unique_ptr<HocuspocusSession> session_;
  Typist typist_{1};
};

TEST_F(HocuspocusExpiry, ANewTokenIsTakenWithoutReconnecting) {
  token("doc", "ann 10000 rw");
  world_.loop.advance(8'999);
  EXPECT_EQ(asked("doc"), 0u);
  world_.loop.advance(1);
  EXPECT_EQ(asked("doc"), 1u);
  token("doc", "ann 20000 rw");
  world_.loop.advance(9'000);
  type("doc", "still here");
  EXPECT_EQ(world_.counters.changes_accepted, 1u);
  EXPECT_EQ(times(protocol::encode_hocuspocus_status("doc", true)), 1u);
  EXPECT_EQ(counters_.tokens_renewed, 1u);
  EXPECT_EQ(counters_.ended_expired, 0u);
  EXPECT_FALSE(connection_.closed);
}

TEST_F(HocuspocusExpiry, WithoutANewTokenTheDocumentEndsAndItsConnectionStays) {
  token("doc", "ann 10000 rw");
  token("other", "ann 50000 rw");
  world_.loop.advance(10'000);
  EXPECT_TRUE(closed_with("doc", "the token has expired"));
  EXPECT_EQ(counters_.ended_expired, 1u);
  connection_.take();
  type("doc", "late");
  EXPECT_EQ(world_.counters.changes_accepted, 0u);
  EXPECT_TRUE(connection_.sent.empty());
  EXPECT_FALSE(connection_.closed);
  // A later token opens it again, and what the client kept arrives.
  token("doc", "ann 30000 rw");
  session_->on_message(protocol::encode_hocuspocus_sync("doc", SyncKind::kStep2,
                                                        typist_.doc().encode_state_as_update()));
  world_.loop.run();
  EXPECT_EQ(world_.counters.changes_accepted, 1u);
}

TEST_F(HocuspocusExpiry, ATokenWithFewerRightsHoldsAtOnce) {
  token("doc", "ann 10000 rw");
  type("doc", "first");
  token("doc", "ann 20000 r");
  EXPECT_EQ(times(protocol::encode_hocuspocus_authenticated("doc", true)), 1u);
  type("doc", "second");
  EXPECT_EQ(world_.counters.changes_accepted, 1u);
  EXPECT_EQ(times(protocol::encode_hocuspocus_status("doc", false)), 1u);
  token("doc", "ann 30000 rw");
  EXPECT_EQ(times(protocol::encode_hocuspocus_authenticated("doc", false)), 2u);
  typist_.type("third");
  session_->on_message(protocol::encode_hocuspocus_sync("doc", SyncKind::kStep2,
                                                        typist_.doc().encode_state_as_update()));
  world_.loop.run();
  EXPECT_EQ(world_.counters.changes_accepted, 2u);
}

TEST_F(HocuspocusExpiry, AnotherPrincipalDoesNotTakeOverADocument) {
  token("doc", "ann 10000 rw");
  token("doc", "ben 10000 rw");
  EXPECT_TRUE(closed_with("doc", "the new token is of another principal; open the document again"));
  token("doc", "ben 10000 rw");
  type("doc", "mine");
  EXPECT_EQ(world_.counters.changes_accepted, 1u);
}

TEST_F(HocuspocusExpiry, ARefusedTokenEndsTheDocument) {
  token("doc", "ann 10000 rw");
  token("doc", "nonsense");
  EXPECT_EQ(times(protocol::encode_hocuspocus_denied("doc", "no token")), 1u);
  type("doc", "late");
  EXPECT_EQ(world_.counters.changes_accepted, 0u);
}

TEST_F(HocuspocusExpiry, WhileNobodyCanJudgeTheNewTokenTheOldOneHolds) {
  token("doc", "ann 10000 rw");
  tokens_.down = true;
  token("doc", "ann 20000 rw");
  type("doc", "within its time");
  EXPECT_EQ(world_.counters.changes_accepted, 1u);
  world_.loop.advance(10'000);
  EXPECT_TRUE(closed_with("doc", "the token has expired"));
}

TEST_F(HocuspocusExpiry, ATokenThatIsJudgedWhileTheOldOneExpiresOpensTheDocumentAgain) {
  token("doc", "ann 10000 rw");
  tokens_.later = true;
  token("doc", "ann 20000 rw");
  world_.loop.advance(10'000);
  EXPECT_TRUE(closed_with("doc", "the token has expired"));
  tokens_.answer();
  world_.loop.run();
  type("doc", "again");
  EXPECT_EQ(world_.counters.changes_accepted, 1u);
}

TEST_F(HocuspocusExpiry, WhatFollowsATokenWaitsForItAlsoAfterARefusal) {
  token("doc", "ann 10000 rw");
  world_.loop.advance(10'000);
  EXPECT_TRUE(closed_with("doc", "the token has expired"));
  type("doc", "ignored");
  tokens_.later = true;
  token("doc", "ann 20000 rw");
  session_->on_message(protocol::encode_hocuspocus_sync("doc", SyncKind::kStep2,
                                                        typist_.doc().encode_state_as_update()));
  EXPECT_EQ(world_.counters.changes_accepted, 0u);
  tokens_.answer();
  world_.loop.run();
  EXPECT_EQ(world_.counters.changes_accepted, 1u);
}

TEST_F(HocuspocusExpiry, ATokenThatExpiresWhileItIsJudgedOpensNothing) {
  tokens_.later = true;
  token("doc", "ann 10000 rw");
  world_.loop.advance(3'000);
  tokens_.answer();
  EXPECT_EQ(times(protocol::encode_hocuspocus_authenticated("doc", false)), 1u);
  token("late", "ann 10000 rw");
  world_.loop.advance(4'000);
  token("late", "ann 10000 rw");  // a second one meanwhile
  world_.loop.advance(4'000);
  tokens_.answer();
  EXPECT_EQ(times(protocol::encode_hocuspocus_denied("late", "the token has expired")), 1u);
}

TEST_F(HocuspocusExpiry, ChangesThatAreNotDurableYetAreWrittenAndNotAcknowledged) {
  TestWorld slow(store::MemoryStore::CommitMode::kManual);
  Tokens tokens(slow);
  FakeConnection connection;
  HocuspocusSession session({.host = slow.host,
                             .workspace = "w",
                             .access = tokens,
                             .actor = "actor",
                             .limits = limits_,
                             .counters = counters_});
  session.on_open(connection);
  session.on_message(token_for("doc", "ann 10000 rw"));
  slow.commit();
  session.on_message(
      protocol::encode_hocuspocus_sync("doc", SyncKind::kUpdate, typist_.type("in flight")));
  slow.loop.advance(10'000);
  slow.commit();
  EXPECT_EQ(slow.counters.changes_accepted, 1u) << "it was judged before";
  for (const SharedBytes& sent : connection.sent)
    EXPECT_NE(*sent, protocol::encode_hocuspocus_status("doc", true));
  // The client sends it again with its new token, and is told that it is there.
  session.on_message(token_for("doc", "ann 30000 rw"));
  slow.commit();
  session.on_message(protocol::encode_hocuspocus_sync("doc", SyncKind::kStep2,
                                                      typist_.doc().encode_state_as_update()));
  slow.commit();
  bool told = false;
  for (const SharedBytes& sent : connection.sent)
    told = told || *sent == protocol::encode_hocuspocus_status("doc", true);
  EXPECT_TRUE(told);
  EXPECT_EQ(slow.counters.changes_accepted, 1u);
  session.on_closed(1000);
}

TEST_F(HocuspocusExpiry, RevokingATokenEndsItsDocumentsAlone) {
  token("a", "ann 10000 rw");
  token("b", "ann 20000 rw");
  revoked_.add({.id = "ann 10000 rw"});
  bool done = false;
  table_.end_revoked([&] { done = true; });
  world_.loop.run();
  EXPECT_TRUE(done);
  EXPECT_TRUE(closed_with("a", "the token was revoked"));
  EXPECT_FALSE(closed_with("b", "the token was revoked"));
  EXPECT_EQ(counters_.ended_revoked, 1u);
  token("a", "ann 10000 rw");
  EXPECT_EQ(times(protocol::encode_hocuspocus_denied("a", "the token was revoked")), 1u);
}

// What a token says has changed: the provider is asked for a new one, and nothing is closed.
TEST_F(HocuspocusExpiry, AnOutdatedTokenIsAskedForAgain) {
  token("a", "ann 10000 rw");
  token("b", "ben 10000 rw");
  const auto outdated = std::make_shared<identity::Revocations>();
  outdated->add({.of = identity::Revocation::Of::kPrincipal,
                 .id = "ann",
                 .before_ms = world_.loop.unix_ms() + 1'000});
  table_.look_again(outdated);
  world_.loop.run();
  EXPECT_EQ(times(protocol::encode_hocuspocus_token_wanted("a")), 1u);
  EXPECT_EQ(times(protocol::encode_hocuspocus_token_wanted("b")), 0u);
  EXPECT_FALSE(connection_.closed);
  token("a", "ann 20000 r");
  EXPECT_EQ(times(protocol::encode_hocuspocus_authenticated("a", true)), 1u)
      << "fewer rights hold at once";
}

TEST_F(HocuspocusExpiry, TheTableShowsWhatASessionHasOpen) {
  EXPECT_EQ(table_.size(), 0u) << "a stranger is no session";
  token("a", "ann 10000 rw");
  token("b", "ann 20000 r");
  ASSERT_EQ(table_.size(), 1u);
  const SessionInfo info = table_.info_at(0);
  EXPECT_EQ(info.protocol, "hocuspocus");
  EXPECT_EQ(info.workspace, "w");
  EXPECT_EQ(info.address, "test");
  ASSERT_EQ(info.documents.size(), 2u);
  EXPECT_EQ(info.documents[0].object, "a");
  EXPECT_EQ(info.documents[1].principal.identity->token, "ann 20000 r");
  EXPECT_FALSE(info.documents[1].principal.rights.has(identity::Right::kWrite));
  EXPECT_EQ(SessionTable::loop_of(info.id), 3u);
  ASSERT_NE(table_.find(info.id), nullptr);
  table_.find(info.id)->kick();
  ASSERT_TRUE(connection_.closed);
  EXPECT_EQ(connection_.closed->code, 4205) << "the provider comes back";
}

TEST_F(HocuspocusExpiry, IdsOfSessionsAreNotGuessed) {
  token("a", "ann 10000 rw");
  const std::string id = table_.info_at(0).id;
  for (const char* wrong : {"", "3", "3-0", "3-0-", "3-0-0000000000000000", "4-0-1", "x", "3-1-1"})
    EXPECT_EQ(table_.find(wrong), nullptr) << wrong;
  EXPECT_EQ(table_.find(id + "0"), nullptr);
  EXPECT_EQ(table_.find("2" + id.substr(1)), nullptr);
  EXPECT_FALSE(SessionTable::loop_of("nonsense"));
}

class YExpiry : public Expiry {
 protected:
  std::unique_ptr<YSession> join(FakeConnection& connection, const std::string& token) {
    auto session = std::make_unique<YSession>(
        YSessionOptions{.host = world_.host,
                        .workspace = "w",
                        .object = "note",
                        .principal = tokens_.judge(token, world_.loop.unix_ms()),
                        .actor = "actor",
                        .sessions = &table_,
                        .limits = limits_,
                        .counters = counters_});
    session->on_open(connection);
    world_.loop.run();
    return session;
  }
};

TEST_F(YExpiry, TheConnectionIsClosedWithTheCodeOfAWrongToken) {
  FakeConnection connection;
  const auto session = join(connection, "ann 10000 rw");
  world_.loop.advance(9'999);
  EXPECT_FALSE(connection.closed);
  world_.loop.advance(1);
  ASSERT_TRUE(connection.closed);
  EXPECT_EQ(connection.closed->code, 4401);
  EXPECT_EQ(connection.closed->reason, "the token has expired");
  session->on_message(protocol::encode_y_sync(SyncKind::kUpdate, Typist(1).type("late")));
  world_.loop.run();
  EXPECT_EQ(world_.counters.changes_accepted, 0u);
  session->on_closed(4401);
  EXPECT_EQ(table_.size(), 0u);
}

TEST_F(YExpiry, AKickedClientComesBack) {
  FakeConnection connection;
  const auto session = join(connection, "ann 10000 rw");
  table_.find(table_.info_at(0).id)->kick();
  ASSERT_TRUE(connection.closed);
  EXPECT_EQ(connection.closed->code, 4503);
  EXPECT_EQ(counters_.ended_kicked, 1u);
  session->on_closed(4503);
}

// The handshake was judged on another loop.
TEST_F(YExpiry, ATokenThatWasRevokedSinceTheHandshakeOpensNothing) {
  revoked_.add({.id = "ann 10000 rw"});
  FakeConnection connection;
  const auto session = join(connection, "ann 10000 rw");
  ASSERT_TRUE(connection.closed);
  EXPECT_EQ(connection.closed->code, 4401);
  EXPECT_EQ(connection.closed->reason, "the token was revoked");
  EXPECT_EQ(table_.size(), 0u);
  session->on_closed(4401);
}

TEST_F(YExpiry, ManySessionsAreLookedAtInSeveralTurns) {
  constexpr std::size_t kMany = SessionTable::kPerTurn + 5;
  std::vector<std::unique_ptr<FakeConnection>> connections;
  std::vector<std::unique_ptr<YSession>> sessions;
  for (std::size_t i = 0; i < kMany; ++i) {
    connections.push_back(std::make_unique<FakeConnection>());
    sessions.push_back(join(*connections.back(), i % 2 == 0 ? "ann 90000 rw" : "ben 90000 rw"));
  }
  revoked_.add({.of = identity::Revocation::Of::kPrincipal,
                .id = "ben",
                .before_ms = world_.loop.unix_ms() + 90'000});
  bool done = false;
  table_.end_revoked([&] { done = true; });
  EXPECT_FALSE(done) << "some of them in a later turn";
  world_.loop.run();
  EXPECT_TRUE(done);
  for (std::size_t i = 0; i < kMany; ++i) {
    EXPECT_EQ(connections[i]->closed.has_value(), i % 2 == 1);
    sessions[i]->on_closed(1000);
  }
  std::vector<SessionTable::Place> places;
  EXPECT_EQ(table_.visit(0, kMany, [&](auto&, auto place) { places.push_back(place); }),
            std::nullopt);
  EXPECT_TRUE(places.empty());
}

}  // namespace
}  // namespace syncline::session
