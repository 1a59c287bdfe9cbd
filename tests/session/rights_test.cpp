// Policies and shares that change while clients are connected, in both protocols.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/byte_writer.h"
#include "protocol/y_sync.h"
#include "session/hocuspocus_session.h"
#include "session/y_session.h"
#include "support/fake_connection.h"
#include "support/test_world.h"

namespace syncline::session {
namespace {

using identity::Right;
using protocol::SyncKind;
using protocol::YStatus;
using testing::FakeConnection;
using testing::TestWorld;
using testing::Typist;

const identity::Access kTokens({{"bob", {.id = "bob", .rights = identity::Rights::writing()}}});

class Rights : public ::testing::Test {
 protected:
  Rights() {
    world_.host.get("w").change(
        "o", {.caller = testing::ann()},
        [](const merge::Object&, log::Position) -> Result<Bytes> { return Typist(99).type("x"); },
        [](const auto& receipt) { ASSERT_TRUE(receipt); });
    world_.loop.run();
  }

  void rule(log::RuleAct act) {
    world_.host.get("w").change_rules(
        testing::ann(), Right::kPolicy, std::move(act), "",
        [](const auto& receipt) { ASSERT_TRUE(receipt) << receipt.error().message; });
    world_.loop.run();
  }
  void share(log::ShareRole role) { rule(log::Share{"o", kBob, role}); }
  void unshare() { rule(log::Unshare{"o", kBob}); }

  const log::Grantee kBob{log::Grantee::Kind::kPrincipal, "bob"};
  TestWorld world_;
  Limits limits_;
  Counters counters_;
  FakeConnection connection_;
  Typist typist_{1};
};

class HocuspocusRights : public Rights {
 protected:
  HocuspocusRights() {
    session_ = std::make_unique<HocuspocusSession>(HocuspocusOptions{.host = world_.host,
                                                                     .workspace = "w",
                                                                     .access = kTokens,
                                                                     .actor = "actor",
                                                                     .limits = limits_,
                                                                     .counters = counters_});
    session_->on_open(connection_);
  }
  ~HocuspocusRights() override { session_->on_closed(1000); }

  void open() {
    ByteWriter out;
    out.var_string("o");
    out.var_uint(2);
    out.var_uint(0);
    out.var_string("bob");
    session_->on_message(out.take());
    world_.loop.run();
  }
  void type(std::string_view text) {
    session_->on_message(
        protocol::encode_hocuspocus_sync("o", SyncKind::kUpdate, typist_.type(text)));
    world_.loop.run();
  }
  std::size_t times(const Bytes& message) const {
    std::size_t times = 0;
    for (const SharedBytes& sent : connection_.sent) times += *sent == message ? 1 : 0;
    return times;
  }
  std::size_t scopes(bool readonly) const {
    return times(protocol::encode_hocuspocus_authenticated("o", readonly));
  }

  std::unique_ptr<HocuspocusSession> session_;
};

TEST_F(HocuspocusRights, AWriterBecomesAReaderAndAWriterAgain) {
  open();
  EXPECT_EQ(scopes(false), 1u);
  type("first");
  EXPECT_EQ(world_.counters.changes_accepted, 2u);
  share(log::ShareRole::kViewer);
  EXPECT_EQ(scopes(true), 1u);
  type("second");
  EXPECT_EQ(times(protocol::encode_hocuspocus_status("o", false)), 1u);
  share(log::ShareRole::kEditor);
  EXPECT_EQ(scopes(false), 2u);
  session_->on_message(protocol::encode_hocuspocus_sync("o", SyncKind::kStep2,
                                                        typist_.doc().encode_state_as_update()));
  world_.loop.run();
  EXPECT_EQ(times(protocol::encode_hocuspocus_status("o", true)), 2u);
  // What changes nothing for him is not said to him.
  rule(log::Share{"other", kBob, log::ShareRole::kViewer});
  EXPECT_EQ(scopes(true) + scopes(false), 3u);
}

TEST_F(HocuspocusRights, AWriterWhoMayWriteLessIsToldAtOnce) {
  share(log::ShareRole::kEditor);
  open();
  const Bytes less =
      protocol::encode_hocuspocus_stateless("o", R"({"syncline":"rights","write":"in part"})");
  EXPECT_EQ(times(less), 0u);
  share(log::ShareRole::kAnnotator);
  EXPECT_EQ(times(less), 1u);
  EXPECT_EQ(scopes(true), 0u);
  EXPECT_EQ(scopes(false), 1u) << "when he joined";
  share(log::ShareRole::kEditor);
  EXPECT_EQ(scopes(false), 2u) << "all of it again";
  share(log::ShareRole::kViewer);
  share(log::ShareRole::kAnnotator);
  EXPECT_EQ(scopes(true), 1u);
  EXPECT_EQ(scopes(false), 3u) << "more than before is no loss";
  EXPECT_EQ(times(less), 1u);
}

TEST_F(HocuspocusRights, WhoMayOnlyReadIsToldWhenHeJoins) {
  share(log::ShareRole::kViewer);
  open();
  EXPECT_EQ(scopes(true), 1u);
}

TEST_F(HocuspocusRights, ANewTokenDoesNotUndoAPolicy) {
  share(log::ShareRole::kViewer);
  open();
  open();
  EXPECT_EQ(scopes(true), 2u);
  EXPECT_EQ(scopes(false), 1u) << "before he had joined";
}

TEST_F(HocuspocusRights, AReaderWhoMayNotReadAnyMoreIsClosed) {
  share(log::ShareRole::kViewer);
  open();
  rule(log::SetPolicy{"other", R"(permit (principal == Principal::"ann", action, resource);)"});
  unshare();
  EXPECT_EQ(times(protocol::encode_hocuspocus_close(
                "o", "the policy of this workspace does not allow: read o")),
            1u);
  EXPECT_EQ(counters_.ended_policy, 1u);
  EXPECT_FALSE(connection_.closed) << "other documents of the connection go on";
}

class YRights : public Rights {
 protected:
  YRights() { connect(false); }
  ~YRights() override { session_->on_closed(1000); }

  void connect(bool wants_status) {
    if (session_) session_->on_closed(1000);
    connection_.take();
    connection_.closed.reset();
    session_ = std::make_unique<YSession>(YSessionOptions{
        .host = world_.host,
        .workspace = "w",
        .object = "o",
        .principal = identity::Principal{.id = "bob", .rights = identity::Rights::writing()},
        .actor = "actor",
        .wants_status = wants_status,
        .limits = limits_,
        .counters = counters_});
    session_->on_open(connection_);
    world_.loop.run();
  }
  void type(std::string_view text) {
    session_->on_message(protocol::encode_y_sync(SyncKind::kUpdate, typist_.type(text)));
    world_.loop.run();
  }
  // How often the client got exactly this since it connected.
  std::size_t times(const Bytes& message) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        connection_.sent, [&](const SharedBytes& sent) { return *sent == message; }));
  }

  std::unique_ptr<YSession> session_;
};

TEST_F(YRights, AWriterWhoBecomesAReaderComesBack) {
  share(log::ShareRole::kEditor);
  EXPECT_FALSE(connection_.closed);
  share(log::ShareRole::kAnnotator);
  EXPECT_FALSE(connection_.closed) << "there is something left that he may write";
  EXPECT_EQ(times(protocol::encode_y_denied(
                "you may write less of this document than before: some changes will be refused")),
            1u);
  share(log::ShareRole::kViewer);
  ASSERT_TRUE(connection_.closed);
  EXPECT_EQ(connection_.closed->code, 4503);
  EXPECT_EQ(connection_.closed->reason, "you may only read this document now; connect again");
}

TEST_F(YRights, AClientThatAsksForItIsToldOfItsRightsAndStays) {
  connect(true);
  share(log::ShareRole::kViewer);
  EXPECT_EQ(times(protocol::encode_y_status(YStatus::kReads, "")), 1u);
  type("x");
  EXPECT_EQ(times(protocol::encode_y_status(
                YStatus::kRefusedChange,
                "the policy of this workspace does not allow: insert at /content/*")),
            1u);
  share(log::ShareRole::kEditor);
  EXPECT_EQ(times(protocol::encode_y_status(YStatus::kWrites, "")), 1u);
  EXPECT_FALSE(connection_.closed);
  for (const SharedBytes& sent : connection_.sent) EXPECT_NE(sent->front(), 2) << "a denial";
}

TEST_F(YRights, AClientThatAsksForItIsToldThatItMayWriteLess) {
  share(log::ShareRole::kEditor);
  connect(true);
  share(log::ShareRole::kAnnotator);
  EXPECT_EQ(times(protocol::encode_y_status(YStatus::kWritesLess, "")), 1u);
  EXPECT_EQ(times(protocol::encode_y_status(YStatus::kReads, "")), 0u);
  // Another share changes nothing for him.
  rule(log::Share{"other", kBob, log::ShareRole::kViewer});
  EXPECT_EQ(times(protocol::encode_y_status(YStatus::kWritesLess, "")), 1u);
  share(log::ShareRole::kEditor);
  EXPECT_EQ(times(protocol::encode_y_status(YStatus::kWrites, "")), 1u);
  EXPECT_FALSE(connection_.closed);
}

TEST_F(YRights, WhoAsksForItAndMayOnlyReadIsToldWhenHeJoins) {
  share(log::ShareRole::kViewer);
  connect(true);
  EXPECT_EQ(times(protocol::encode_y_status(YStatus::kReads, "")), 1u);
}

TEST_F(YRights, AReaderWhoMayNotReadAnyMoreStaysAway) {
  share(log::ShareRole::kEditor);
  rule(log::SetPolicy{"other", R"(permit (principal == Principal::"ann", action, resource);)"});
  unshare();
  ASSERT_TRUE(connection_.closed);
  EXPECT_EQ(connection_.closed->code, 4403);
  EXPECT_EQ(counters_.ended_policy, 1u);
}

}  // namespace
}  // namespace syncline::session
