// Each change that rules have judged names what was known of its author.
#include "workspace/session_records.h"

#include <gtest/gtest.h>

#include "log/session_record.h"
#include "workspace/one_workspace.h"
#include "workspace/retained_history.h"

namespace syncline::state {
namespace {

using identity::Caller;
using identity::Identity;
using identity::Rights;

Caller member(std::string id, std::string actor, std::vector<std::string> groups = {}) {
  return {.principal = {.id = std::move(id),
                        .identity = std::make_shared<const Identity>(Identity{
                            .source = Identity::Source::kJwt, .groups = std::move(groups)})},
          .rights = Rights::writing(),
          .actor = std::move(actor),
          .peer = "203.0.113.5:51234"};
}

class SessionRecordsOf : public ::testing::Test {
 protected:
  // The event of a change by this caller.
  log::Event change(const Caller& caller, const Bytes& update) {
    try_change(caller, update, true);
    return events_of(world_).back();
  }
  void try_change(const Caller& caller, const Bytes& update, bool accepted) {
    Listener listener;
    workspace::LiveObject* live = nullptr;
    workspace::Workspace& workspace = world_.host.get("w");
    workspace.subscribe(caller, "o", "yjs", listener,
                        [&](Result<workspace::LiveObject*> opened) { live = opened.value(); });
    world_.loop.run();
    workspace.submit(
        caller, *live, {.intent = update}, nullptr,
        [&](Result<workspace::Receipt> receipt) { EXPECT_EQ(receipt.has_value(), accepted); });
    world_.loop.run();
    if (listener.lost == 0) workspace.unsubscribe(*live, listener);
    world_.loop.run();
  }
  void permit_everything() {
    ASSERT_TRUE(ask<workspace::Receipt>(world_, [&](auto done) {
      world_.host.get("w").change_rules(
          testing::ann(), identity::Right::kPolicy,
          log::SetPolicy{"p", "permit (principal, action, resource);"}, "", std::move(done));
    }));
  }
  log::SessionRecord record_at(log::Position position) {
    const log::Event event = events_of(world_).at(position - 1);
    EXPECT_EQ(event.object, log::kSessionsObject);
    return log::session_in(event).value().value();
  }

  TestWorld world_;
};

TEST_F(SessionRecordsOf, ThoseWhomNoRuleJudgesAreNotKept) {
  EXPECT_EQ(change(member("bob", "b1"), Typist(1).type("x")).session_at, 0u);
  EXPECT_EQ(end_of(world_), 1u);
}

TEST_F(SessionRecordsOf, ThoseWhomRulesJudgeAreKeptOnce) {
  submit(world_, "o", Typist(9).type("x"));
  permit_everything();
  const Caller bob = member("bob", "b1", {"finance"});
  const log::Event first = change(bob, Typist(1).type("x"));
  ASSERT_EQ(first.session_at, first.position - 1);
  const log::SessionRecord record = record_at(first.session_at);
  EXPECT_EQ(record.groups, std::vector<std::string>{"finance"});
  EXPECT_EQ(record.address, "203.0.113.5");
  EXPECT_EQ(events_of(world_).at(first.session_at - 1).principal, "bob");

  EXPECT_EQ(change(bob, Typist(2).type("y")).session_at, first.session_at);
  EXPECT_EQ(change(member("bob", "b2", {"finance"}), Typist(3).type("y")).session_at,
            first.session_at)
      << "he has come again";
  // A new token of the same connection says something else.
  const log::Event later = change(member("bob", "b1", {"staff"}), Typist(4).type("y"));
  EXPECT_EQ(record_at(later.session_at).groups, std::vector<std::string>{"staff"});
  const log::Event eves = change(member("eve", "b1", {"staff"}), Typist(5).type("y"));
  EXPECT_EQ(events_of(world_).at(eves.session_at - 1).principal, "eve");
}

TEST_F(SessionRecordsOf, ThoseThatTheLogRefusedAreMadeAgain) {
  submit(world_, "o", Typist(9).type("x"));
  permit_everything();
  const Caller bob = member("bob", "b1");
  world_.store.fail_appends(Error{ErrorCode::kUnavailable, "disk full"});
  try_change(bob, Typist(1).type("x"), false);
  world_.store.fail_appends(std::nullopt);
  ASSERT_EQ(end_of(world_), 2u);
  EXPECT_EQ(record_at(change(bob, Typist(1).type("x")).session_at).source, "jwt");
}

// They say where people came from, so they are kept no longer than the changes of their time.
TEST_F(SessionRecordsOf, RetentionDropsWhatTheySay) {
  submit(world_, "o", Typist(9).type("x"));
  permit_everything();
  const Caller bob = member("bob", "b1");
  const log::Event judged = change(bob, Typist(1).type("x"));
  for (int i = 2; i < 6; ++i) change(bob, Typist(i).type("x"));
  keep_last(world_, 1);
  ASSERT_GT(retain_all(world_), 0u);
  const log::Event record = events_of(world_).at(judged.session_at - 1);
  EXPECT_TRUE(record.dropped_payload);
  EXPECT_EQ(log::session_in(record).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(replay(world_, "o", log::kNow).value().object->to_json(), R"({"content":"xxxxxx"})");
}

TEST(SessionRecords, AreMadeAgainAfterADay) {
  workspace::SessionRecords records;
  const Caller bob = member("bob", "b1");
  const auto asked = records.find(bob, 1000);
  EXPECT_EQ(asked.position, 0u);
  records.add(bob, asked.record, 7, 1000);
  EXPECT_EQ(records.find(bob, 1001).position, 7u);
  EXPECT_EQ(records.find(bob, 1000 + workspace::SessionRecords::kAgainMs).position, 0u);
}

TEST(SessionRecords, AreBounded) {
  workspace::SessionRecords records;
  for (std::size_t i = 0; i <= workspace::SessionRecords::kMostKnown; ++i) {
    const Caller somebody = member("p" + std::to_string(i), "a" + std::to_string(i));
    records.add(somebody, records.find(somebody, 1).record, i + 1, 1);
  }
  // Forgotten, and not one of those who came last.
  const Caller first = member("p0", "");
  EXPECT_EQ(records.find(first, 2).position, 0u);
}

}  // namespace
}  // namespace syncline::state
