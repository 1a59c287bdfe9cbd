// Changes that wait for others: kept beside the log, and submitted when their causes have arrived.
#include <gtest/gtest.h>

#include "log/waiting_keeper.h"
#include "one_workspace.h"

namespace syncline::state {
namespace {

using workspace::LiveObject;
using workspace::Receipt;

class WaitingTest : public ::testing::Test {
 protected:
  struct Sent {
    bool begun = false;
    bool kept = false;
    std::optional<Result<Receipt>> receipt;
  };

  // Somebody who has the object open.
  struct Open {
    Open(WaitingTest& test, workspace::Host& on) : world(test.world_), host(on) {
      host.get("w").subscribe(testing::ann(), "o", "yjs", listener,
                              [this](Result<LiveObject*> opened) { live = opened.value(); });
      world.commit();
    }
    ~Open() {
      if (live != nullptr && listener.lost == 0) host.get("w").unsubscribe(*live, listener);
      world.commit();
    }
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;

    std::shared_ptr<Sent> send(const Bytes& update, policy::Caller caller = testing::ann()) {
      auto sent = std::make_shared<Sent>();
      workspace::Change change{.actor_seq = 7, .intent = update};
      change.waits = [sent](bool kept) { (kept ? sent->kept : sent->begun) = true; };
      host.get("w").submit(caller, *live, std::move(change), &listener,
                           [sent](Result<Receipt> receipt) { sent->receipt = std::move(receipt); });
      return sent;
    }

    std::string json() const { return live->object().to_json(); }

    TestWorld& world;
    workspace::Host& host;
    Listener listener;
    LiveObject* live = nullptr;
  };

  log::WaitingUsage usage() {
    return ask<log::WaitingUsage>(
               world_,
               [&](auto done) { world_.log->waiting().waiting_usage("w", std::move(done)); })
        .value();
  }

  TestWorld world_{store::MemoryStore::CommitMode::kManual};
  Typist typist_{1};
  const Bytes cause_ = typist_.type("a");
  const Bytes effect_ = typist_.type("b");
  const Bytes last_ = typist_.type("c");
};

TEST_F(WaitingTest, IsNoEventAndShownToNobodyUntilItsCauseArrives) {
  Open open(*this, world_.host);
  Listener other;
  const auto waits = open.send(effect_);
  EXPECT_TRUE(waits->begun);
  EXPECT_FALSE(waits->kept) << "it is not durable yet";
  world_.commit();
  EXPECT_TRUE(waits->kept);
  EXPECT_FALSE(waits->receipt) << "it is not saved as long as it waits";
  EXPECT_EQ(end_of(world_), 0u);
  EXPECT_EQ(usage().changes, 1u);
  EXPECT_EQ(open.json(), "{}");

  const auto cause = open.send(cause_);
  world_.commit();
  world_.commit();
  ASSERT_TRUE(waits->receipt);
  ASSERT_TRUE(*waits->receipt);
  EXPECT_EQ((*waits->receipt)->position, 2u);
  EXPECT_EQ(usage().changes, 0u);
  const auto events = events_of(world_);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].principal, "ann");
  EXPECT_EQ(events[1].actor_seq, 7u);
  EXPECT_EQ(events[1].intent, effect_);
  EXPECT_EQ(open.json(), R"({"content":"ab"})");
}

TEST_F(WaitingTest, AChainInReverseOrderIsTakenUpWhole) {
  Open open(*this, world_.host);
  const auto third = open.send(last_);
  const auto second = open.send(effect_);
  world_.commit();
  open.send(cause_);
  for (int i = 0; i < 4; ++i) world_.commit();
  EXPECT_TRUE(third->receipt && *third->receipt);
  EXPECT_TRUE(second->receipt && *second->receipt);
  EXPECT_EQ(open.json(), R"({"content":"abc"})");
  EXPECT_EQ(usage().changes, 0u);
}

TEST_F(WaitingTest, SurvivesARestartAndIsTakenUpByWhoeverOpensTheObject) {
  {
    Open open(*this, world_.host);
    open.send(effect_);
    world_.commit();
  }
  workspace::Host restarted(world_.services());
  Open open(*this, restarted);
  open.send(cause_);
  for (int i = 0; i < 3; ++i) world_.commit();
  EXPECT_EQ(open.json(), R"({"content":"ab"})");
  EXPECT_EQ(usage().changes, 0u);
  EXPECT_EQ(events_of(world_)[1].actor, "a1");
}

TEST_F(WaitingTest, TheSameChangeIsKeptOnce) {
  Open open(*this, world_.host);
  std::vector<std::shared_ptr<Sent>> sent;
  for (int i = 0; i < 60; ++i) {
    sent.push_back(open.send(effect_));
    world_.commit();
  }
  EXPECT_EQ(usage().changes, 1u);
  open.send(cause_);
  for (int i = 0; i < 3; ++i) world_.commit();
  for (const auto& each : sent) EXPECT_TRUE(each->receipt && *each->receipt);
  EXPECT_EQ(end_of(world_), 2u);
}

TEST_F(WaitingTest, AReaderCannotHaveAnythingWait) {
  Open open(*this, world_.host);
  policy::Caller reader = testing::ann();
  reader.rights = policy::Rights::reading();
  const auto refused = open.send(effect_, reader);
  world_.commit();
  EXPECT_FALSE(refused->begun);
  ASSERT_TRUE(refused->receipt);
  EXPECT_EQ(refused->receipt->error().code, ErrorCode::kForbidden);
  EXPECT_EQ(usage().changes, 0u);
}

TEST_F(WaitingTest, WhatIsOverTheBudgetIsRefused) {
  Open open(*this, world_.host);
  std::optional<Result<Receipt>> refused;
  for (int i = 0; i < 10 && !refused; ++i) {
    Typist typist(static_cast<crdt::ClientId>(100 + i));
    typist.type("a");
    const auto sent = open.send(typist.type(std::string(std::size_t{1} << 20, 'x')));
    world_.commit();
    refused = std::move(sent->receipt);
  }
  ASSERT_TRUE(refused) << "the budget of an object is 8 MiB";
  EXPECT_EQ(refused->error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(usage().changes, 7u);
}

// The decider refuses what the principal "ann" writes, from some time on.
class NoMore final : public policy::Decider {
 public:
  policy::Verdict decide(const policy::Question& question) const override {
    if (!on || question.right != policy::Right::kWrite || question.caller.principal.name != "ann")
      return {};
    return {.allowed = fail(ErrorCode::kForbidden, "no more")};
  }
  bool on = false;
};

TEST_F(WaitingTest, IsJudgedByTheRulesOfTheMomentInWhichItIsTakenUp) {
  NoMore rule;
  auto services = world_.services();
  services.deciders = {&rule};
  workspace::Host host(services);
  Open open(*this, host);
  const auto waits = open.send(effect_);
  world_.commit();
  rule.on = true;
  policy::Caller bob = testing::ann();
  bob.principal.name = "bob";
  open.send(cause_, bob);
  for (int i = 0; i < 3; ++i) world_.commit();
  ASSERT_TRUE(waits->receipt);
  ASSERT_FALSE(*waits->receipt);
  EXPECT_EQ(waits->receipt->error().message, "no more");
  EXPECT_EQ(end_of(world_), 1u);
  EXPECT_EQ(usage().changes, 0u);
}

TEST_F(WaitingTest, ALogThatRefusesLeavesItWaiting) {
  Open open(*this, world_.host);
  const auto waits = open.send(effect_);
  world_.commit();
  world_.store.fail_appends(Error{ErrorCode::kUnavailable, "full"});
  open.send(cause_);
  world_.commit();
  world_.store.fail_appends(std::nullopt);
  EXPECT_EQ(open.listener.lost, 1);
  ASSERT_TRUE(waits->receipt);
  EXPECT_EQ(waits->receipt->error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(usage().changes, 1u);
}

TEST_F(WaitingTest, WhatWaitsTooLongIsRemoved) {
  log::WaitingKeeper keeper(world_.log->waiting(), world_.loop,
                            {.interval_ms = 1000, .expire_ms = 10'000});
  {
    Open open(*this, world_.host);
    open.send(effect_);
    world_.commit();
  }
  world_.loop.advance(5000);
  world_.commit();
  EXPECT_EQ(usage().changes, 1u);
  for (int i = 0; i < 8; ++i) {
    world_.loop.advance(1000);
    world_.commit();
  }
  EXPECT_EQ(usage().changes, 0u);
  EXPECT_EQ(keeper.counters().expired, 1u);
  EXPECT_EQ(keeper.counters().failures, 0u);
}

}  // namespace
}  // namespace syncline::state
