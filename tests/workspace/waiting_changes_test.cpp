// Changes that wait for others: kept beside the log, and submitted when their causes have arrived.
#include <gtest/gtest.h>

#include "log/waiting_keeper.h"
#include "merge/facets.h"
#include "one_workspace.h"
#include "workspace/waiting_changes.h"

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

    std::shared_ptr<Sent> send(const Bytes& update, identity::Caller caller = testing::ann()) {
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

TEST_F(WaitingTest, IsCountedWhileItIsInMemory) {
  const auto counted = [&] { return world_.memory.used(MemoryUse::kWaiting); };
  {
    Open open(*this, world_.host);
    open.send(effect_);
    world_.commit();
    const std::uint64_t one = counted();
    EXPECT_GT(one, effect_.size());
    open.send(effect_);
    EXPECT_EQ(counted(), one) << "the same change again";
    open.send(last_);
    world_.commit();
    EXPECT_EQ(counted(), 2 * one);
  }
  EXPECT_EQ(counted(), 0u) << "nobody has the object open";
  Open open(*this, world_.host);
  EXPECT_GT(counted(), 0u) << "it was read again";
  open.send(cause_);
  world_.commit();
  world_.commit();
  EXPECT_EQ(open.json(), R"({"content":"abc"})");
  EXPECT_EQ(counted(), 0u);
}

TEST_F(WaitingTest, IsRefusedWhenThereIsNoRoom) {
  Open open(*this, world_.host);
  world_.fill(MemoryUse::kWaiting);
  const auto refused = open.send(effect_);
  world_.commit();
  ASSERT_TRUE(refused->receipt);
  EXPECT_EQ(refused->receipt->error().code, ErrorCode::kUnavailable) << "clients come back";
  EXPECT_EQ(usage().changes, 0u);
  EXPECT_EQ(world_.counters.waiting_refused, 1u);
  world_.empty(MemoryUse::kWaiting);
  open.send(effect_);
  world_.commit();
  EXPECT_EQ(usage().changes, 1u);
}

TEST(WaitingChanges, AreSetAsideAndTakenBack) {
  TestWorld world{store::MemoryStore::CommitMode::kManual};
  const SharedCell cell = lasting(&world.memory.cell(MemoryUse::kWaiting));
  workspace::WaitingChanges waiting(world.log->waiting(), "w", cell);
  int answers = 0;
  const auto send = [&](const char* intent) {
    workspace::WaitingChanges::Entry entry;
    entry.change = {
        .principal = "ann", .actor = "1", .type = "text", .intent = to_bytes(as_bytes(intent))};
    entry.charge = MemoryCharge(cell);
    entry.done.push_back([&](Result<Receipt> receipt) {
      EXPECT_EQ(receipt.error().code, ErrorCode::kUnavailable);
      ++answers;
    });
    waiting.keep("o", std::move(entry), [](Result<void>) {});
    world.commit();
  };
  send("one");
  send("two");
  EXPECT_EQ(waiting.memory_bytes("o"), cell->used());
  const Error error{ErrorCode::kUnavailable, "later"};
  EXPECT_TRUE(waiting.set_aside("o", error));
  EXPECT_EQ(answers, 2);
  EXPECT_EQ(cell->used(), 0u);
  EXPECT_FALSE(waiting.any_to_look_at("o"));
  EXPECT_FALSE(waiting.set_aside("o", error));
  send("one");
  EXPECT_EQ(answers, 3) << "it would be stored twice";
  waiting.take_back("o", [](Result<void>) {});
  world.commit();
  EXPECT_FALSE(waiting.is_aside("o"));
  EXPECT_TRUE(waiting.any_to_look_at("o"));
  EXPECT_EQ(waiting.memory_bytes("o"), cell->used());
  EXPECT_GT(cell->used(), 2000u) << "both";
  waiting.unload("o");
  EXPECT_EQ(cell->used(), 0u);
}

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

// All of them before the first is stored.
TEST_F(WaitingTest, TheSameChangeSentAtOnceIsKeptOnce) {
  Open open(*this, world_.host);
  std::vector<std::shared_ptr<Sent>> sent;
  for (int i = 0; i < 60; ++i) sent.push_back(open.send(effect_));
  EXPECT_FALSE(sent.back()->kept) << "it is not durable yet";
  world_.commit();
  EXPECT_EQ(usage().changes, 1u);
  for (const auto& each : sent) EXPECT_TRUE(each->kept);
  open.send(cause_);
  for (int i = 0; i < 3; ++i) world_.commit();
  EXPECT_TRUE(sent.back()->receipt && *sent.back()->receipt);
  EXPECT_EQ(end_of(world_), 2u);
  EXPECT_EQ(world_.counters.changes_accepted, 2u);
}

TEST_F(WaitingTest, AnAuthorCannotTakeTheRoomOfAll) {
  Open open(*this, world_.host);
  identity::Caller hostile = testing::ann();
  hostile.actor = "h";
  std::size_t refused = 0;
  for (crdt::ClientId client = 100; client < 500; ++client) {
    Typist typist(client);
    typist.type("a");
    const auto sent = open.send(typist.type("b"), hostile);
    world_.commit();
    if (!sent->receipt) continue;
    EXPECT_EQ(sent->receipt->error().code, ErrorCode::kTooLarge);
    EXPECT_FALSE(sent->kept);
    ++refused;
  }
  EXPECT_EQ(usage().changes, workspace::WaitingChanges::kAuthorChanges);
  EXPECT_EQ(refused, 400 - workspace::WaitingChanges::kAuthorChanges);
  EXPECT_EQ(world_.counters.waiting_refused, refused);
  EXPECT_NE(world_.reports.line_with("too many of your changes wait"), "");
  const auto other = open.send(effect_);
  world_.commit();
  EXPECT_TRUE(other->kept) << "others have room";
  EXPECT_FALSE(other->receipt);
}

TEST_F(WaitingTest, WhatBecameAnEventGivesItsAuthorRoomAgain) {
  Open open(*this, world_.host);
  std::vector<Bytes> causes;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < 200; ++i) {
      Typist typist(1000 * static_cast<crdt::ClientId>(round + 1) + i);
      causes.push_back(typist.type("a"));
      const auto sent = open.send(typist.type("b"));
      world_.commit();
      EXPECT_FALSE(sent->receipt) << round << " " << i;
    }
    for (const Bytes& cause : std::exchange(causes, {})) open.send(cause);
    for (int i = 0; i < 12; ++i) world_.commit();
    EXPECT_EQ(usage().changes, 0u);
  }
}

// ---- how often waiting changes are looked at

using WaitingCost = WaitingTest;

// An edit of a document in which much waits costs nothing for what waits for others.
TEST_F(WaitingCost, AnEventIsNoReasonToLookAtWhatWaitsForOthers) {
  log::WaitingStore& store = world_.log->waiting();
  workspace::WaitingChanges waiting(store, "w");
  ask<void>(world_, [&](auto done) { waiting.open(std::move(done)); });
  const auto state = merge::doc_type().create();
  std::vector<std::pair<Bytes, Bytes>> pairs;  // a change, and the one that waits for it
  constexpr std::size_t kMany = 1000;
  for (std::size_t i = 0; i < kMany; ++i) {
    Typist typist(100 + i);
    Bytes first = typist.type("a");
    pairs.emplace_back(std::move(first), typist.type("b"));
    auto prepared = state->prepare(pairs.back().second);
    ASSERT_TRUE(prepared && prepared->waits());
    workspace::WaitingChanges::Entry entry{{.principal = "ann",
                                            .actor = std::to_string(i),
                                            .type = "doc",
                                            .intent = pairs.back().second,
                                            .waits_for = *prepared->waits_for}};
    waiting.keep("o", std::move(entry), [](Result<void> kept) { EXPECT_TRUE(kept); });
    world_.commit();
  }
  std::size_t looks = ~std::size_t{0};
  EXPECT_FALSE(waiting.take_arrived("o", *state, looks));
  EXPECT_EQ(waiting.looks(), kMany) << "each is indexed";
  for (std::uint64_t other = 1; other < 10'000; ++other)
    waiting.arrived("o", 50'000 + other, other);
  EXPECT_FALSE(waiting.any_to_look_at("o"));
  for (const auto& [first, second] : pairs) {
    ASSERT_TRUE(state->apply(first));
    waiting.arrived("o", merge::doc_type().ids_of(first)->front().client, 1);
    const auto arrived = waiting.take_arrived("o", *state, looks);
    ASSERT_TRUE(arrived);
    EXPECT_EQ(arrived->change.intent, second);
  }
  EXPECT_EQ(waiting.looks(), 2 * kMany) << "and looked at once when its cause arrives";
}

// Many changes of one client, the last one first: an event wakes the one that waits for it.
TEST_F(WaitingCost, AnEventWakesOnlyWhatWaitsForThatMuch) {
  workspace::WaitingChanges waiting(world_.log->waiting(), "w");
  ask<void>(world_, [&](auto done) { waiting.open(std::move(done)); });
  const auto state = merge::doc_type().create();
  Typist typist(9);
  std::vector<Bytes> chain;
  for (int i = 0; i < 200; ++i) chain.push_back(typist.type("x"));
  for (std::size_t i = chain.size(); i-- > 1;) {
    auto prepared = state->prepare(chain[i]);
    ASSERT_TRUE(prepared && prepared->waits());
    waiting.keep("o",
                 {{.principal = "ann",
                   .actor = "a1",
                   .type = "doc",
                   .intent = chain[i],
                   .waits_for = *prepared->waits_for}},
                 [](Result<void> kept) { EXPECT_TRUE(kept); });
    world_.commit();
  }
  std::size_t looks = ~std::size_t{0};
  EXPECT_FALSE(waiting.take_arrived("o", *state, looks));
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    ASSERT_TRUE(state->apply(chain[i]));
    waiting.arrived("o", 9, i + 1);
    const auto next = waiting.take_arrived("o", *state, looks);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->change.intent, chain[i + 1]);
    EXPECT_FALSE(waiting.take_arrived("o", *state, looks));
  }
  EXPECT_EQ(waiting.looks(), 2 * (chain.size() - 1));
  EXPECT_FALSE(waiting.any_loaded("o"));
}

// A change that waits for very many clients is looked at once for each of them at most, and a look
// continues where the last one ended.
TEST_F(WaitingCost, NeedsThatHaveArrivedAreNotLookedAtAgain) {
  constexpr std::size_t kClients = 300;
  std::vector<Bytes> firsts;
  for (std::size_t i = 0; i < kClients; ++i) {
    Typist typist(1000 + i);
    firsts.push_back(typist.type("a"));
  }
  crdt::StateVector needs;
  for (std::size_t i = 0; i < kClients; ++i) needs.set(1000 + i, 1);
  const Bytes waits_for = crdt::encode_state_vector(needs);
  const auto state = merge::doc_type().create();
  std::size_t cursor = 0;
  std::size_t moved = 0;
  for (std::size_t i = kClients; i-- > 0;) {  // as the state vector has them: descending
    const auto need = merge::next_need(*state, waits_for, cursor);
    ASSERT_TRUE(need && *need);
    EXPECT_EQ((*need)->source, 1000 + i);
    EXPECT_GT(cursor, moved) << "it moves on";
    moved = cursor;
    ASSERT_TRUE(state->apply(firsts[i]));
  }
  const auto none = merge::next_need(*state, waits_for, cursor);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  EXPECT_EQ(cursor, waits_for.size());
  cursor = 0;
  EXPECT_FALSE(merge::next_need(*state, ByteView(waits_for).first(3), cursor));
}

// The chain of the longest wait: each event wakes one.
TEST_F(WaitingCost, AReversedChainIsTakenUpInLinearWork) {
  Open open(*this, world_.host);
  Typist typist(9);
  std::vector<Bytes> chain;
  for (int i = 0; i < 200; ++i) chain.push_back(typist.type("x"));
  for (std::size_t i = chain.size(); i-- > 1;) {
    open.send(chain[i]);
    world_.commit();
  }
  open.send(chain[0]);
  for (int i = 0; i < 20; ++i) world_.commit();
  EXPECT_EQ(usage().changes, 0u);
  EXPECT_EQ(end_of(world_), 200u);
}

TEST_F(WaitingTest, AReaderCannotHaveAnythingWait) {
  Open open(*this, world_.host);
  identity::Caller reader = testing::ann();
  reader.rights = identity::Rights::reading();
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
    identity::Caller author = testing::ann();
    author.actor = std::to_string(i);
    const auto sent = open.send(typist.type(std::string(std::size_t{1} << 20, 'x')), author);
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
    if (!on || question.right != identity::Right::kWrite || question.caller.principal.id != "ann")
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
  identity::Caller bob = testing::ann();
  bob.principal.id = "bob";
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
