// The chain of deciders: what they are asked, and that what they let out waits for their rules.
#include <gtest/gtest.h>

#include <functional>

#include "one_workspace.h"
#include "syncline/crdt/awareness.h"

namespace syncline::state {
namespace {

using identity::Right;
using policy::Question;
using policy::Verdict;
using workspace::LiveObject;
using workspace::Receipt;

class Decider final : public policy::Decider {
 public:
  Verdict decide(const Question& question) const override {
    asked.push_back(question.right);
    if (question.effect != nullptr) ++effects;
    return rule(question);
  }

  std::function<Verdict(const Question&)> rule = [](const Question&) { return Verdict{}; };
  mutable std::vector<Right> asked;
  mutable int effects = 0;
};

Verdict refusal(log::Position rules) {
  return {.allowed = fail(ErrorCode::kForbidden, "not this"), .rules = rules};
}

class Deciders : public ::testing::Test {
 protected:
  Deciders() {
    host.get("w").subscribe(testing::ann(), "o", "yjs", listener_,
                            [this](Result<LiveObject*> opened) { live_ = opened.value(); });
    world.loop.run();
  }
  ~Deciders() override { host.get("w").unsubscribe(*live_, listener_); }

  workspace::Services services() {
    auto services = world.services();
    services.deciders = {&decider};
    return services;
  }

  void submit(ByteView update, const identity::Caller& caller = testing::ann()) {
    answer_.reset();
    host.get("w").submit(caller, *live_, {.intent = update}, nullptr,
                         [this](Result<Receipt> receipt) { answer_ = std::move(receipt); });
    world.loop.run();
  }

  TestWorld world{store::MemoryStore::CommitMode::kManual};
  Decider decider;
  workspace::Host host{services()};
  Typist typist_{1};
  Listener listener_;
  LiveObject* live_ = nullptr;
  std::optional<Result<Receipt>> answer_;
};

TEST_F(Deciders, AreAskedBetweenPrepareAndApply) {
  decider.rule = [](const Question& question) {
    return question.effect != nullptr ? refusal(0) : Verdict{};
  };
  submit(typist_.type("text"));
  ASSERT_TRUE(answer_);
  ASSERT_FALSE(*answer_);
  EXPECT_EQ(answer_->error().message, "not this");
  EXPECT_EQ(decider.effects, 1);
  EXPECT_EQ(live_->position(), 0u);
  EXPECT_EQ(live_->object().to_json(), "{}");
}

TEST_F(Deciders, ARefusalWaitsForTheRulesThatJudgedIt) {
  submit(typist_.type("rules"));  // stands for an event that holds rules: position 1
  EXPECT_FALSE(answer_);
  decider.rule = [](const Question&) { return refusal(1); };
  submit(typist_.type("text"));
  EXPECT_FALSE(answer_) << "nobody may hear of rules that a crash can take back";
  world.commit();
  ASSERT_TRUE(answer_);
  EXPECT_EQ(answer_->error().code, ErrorCode::kForbidden);
}

TEST_F(Deciders, AnswersAndPresenceWaitForTheRulesToo) {
  Visit other(world, host, "beside");
  const Bytes update = Typist(2).type("rules");
  host.get("w").submit(testing::ann(), *live_, {.intent = update}, nullptr, [](auto) {});
  decider.rule = [](const Question&) { return Verdict{.rules = 1}; };
  bool told = false;
  host.get("w").pass_on(testing::ann(), *live_, "hello", nullptr,
                        [&](Result<void> passed) { told = passed.has_value(); });
  world.loop.run();
  EXPECT_FALSE(told);
  world.commit();
  EXPECT_TRUE(told);
}

// It would take for news what it hears of somebody who has gone, and send it back.
TEST(Presence, WhoComesLaterIsNotToldWhatWasSaidBefore) {
  TestWorld world(store::MemoryStore::CommitMode::kManual);
  struct Watcher final : workspace::Subscriber {
    void on_change(const workspace::Delivery&) override {}
    void on_presence(const workspace::Delivery&) override { ++heard; }
    void on_lost(const Error&) override {}
    int heard = 0;
  };
  workspace::Workspace& workspace = world.host.get("w");
  const auto join = [&](Watcher& watcher) {
    LiveObject* live = nullptr;
    workspace.subscribe(testing::ann(), "o", "yjs", watcher,
                        [&](Result<LiveObject*> opened) { live = opened.value(); });
    world.loop.run();
    return live;
  };
  Watcher early;
  Watcher brief;
  Watcher late;
  LiveObject* live = join(early);
  join(brief);
  const Bytes update = Typist(1).type("x");
  workspace.submit(testing::ann(), *live, {.intent = update}, nullptr, [](auto) {});
  const crdt::AwarenessEntry entry{.client = 5, .clock = 1, .state = "{}"};
  const Bytes here = crdt::encode_awareness({&entry, 1});
  workspace.set_presence(testing::ann(), *live, brief, here, true, [](auto) {});
  workspace.unsubscribe(*live, brief);
  join(late);
  EXPECT_EQ(early.heard, 0) << "it is not durable yet what the presence may refer to";
  world.commit();
  EXPECT_EQ(early.heard, 2);
  EXPECT_EQ(late.heard, 0);
  workspace.unsubscribe(*live, early);
  workspace.unsubscribe(*live, late);
  world.commit();
}

// What stands in the outbox names its object, also if that one has nothing to wait for itself.
TEST(Presence, AnObjectStaysWhileSomethingOfItWaits) {
  TestWorld world(store::MemoryStore::CommitMode::kManual);
  workspace::Workspace& workspace = world.host.get("w");
  Listener writer;
  Listener listener;
  const auto join = [&](const std::string& object, Listener& who) {
    LiveObject* live = nullptr;
    workspace.subscribe(testing::ann(), object, "yjs", who,
                        [&](Result<LiveObject*> opened) { live = opened.value(); });
    world.loop.run();
    return live;
  };
  LiveObject* busy = join("busy", writer);
  LiveObject* quiet = join("quiet", listener);
  const Bytes update = Typist(1).type("x");
  workspace.submit(testing::ann(), *busy, {.intent = update}, nullptr, [](auto) {});
  bool passed = false;
  workspace.pass_on(testing::ann(), *quiet, "hello", nullptr, [&](Result<void>) { passed = true; });
  workspace.unsubscribe(*quiet, listener);
  world.loop.run();
  EXPECT_EQ(workspace.live_objects(), 2u);
  world.commit();
  EXPECT_TRUE(passed);
  EXPECT_EQ(workspace.live_objects(), 1u);
  workspace.unsubscribe(*busy, writer);
  world.commit();
}

TEST_F(Deciders, AReaderMayNotWriteAndIsAskedForNothingMore) {
  identity::Caller reader = testing::ann();
  reader.rights = identity::Rights::reading();
  decider.asked.clear();
  submit(typist_.type("text"), reader);
  ASSERT_TRUE(answer_);
  EXPECT_EQ(answer_->error().code, ErrorCode::kForbidden);
  EXPECT_EQ(answer_->error().message, "this token may read only");
  EXPECT_TRUE(decider.asked.empty());
}

TEST_F(Deciders, ReadingAndPresencePassTheChain) {
  decider.rule = [](const Question&) { return refusal(0); };
  identity::Caller ann = testing::ann();
  std::vector<ErrorCode> codes;
  const auto note = [&](auto answer) {
    ASSERT_FALSE(answer);
    codes.push_back(answer.error().code);
  };
  workspace::Workspace& workspace = host.get("w");
  workspace.diff(ann, *live_, {}, note);
  workspace.version(ann, *live_, note);
  workspace.set_presence(ann, *live_, listener_, Bytes{0}, true, note);
  workspace.pass_on(ann, *live_, "hello", nullptr, note);
  workspace.read(
      ann, "o", [](const merge::Object&) { return merge::text_pieces({}, 0); }, note);
  Listener late;
  workspace.subscribe(ann, "o", "yjs", late, note);
  host.admit(ann, Right::kHistory, "w", "o", note);
  workspace.presence(ann, *live_, listener_, false, note);
  workspace.state(ann, *live_, note);
  world.loop.run();
  EXPECT_EQ(codes, std::vector(9, ErrorCode::kForbidden));
}

}  // namespace
}  // namespace syncline::state
