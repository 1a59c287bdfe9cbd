// Policies and shares judge everything that happens in their workspace.
#include "policy/workspace_policy.h"

#include <gtest/gtest.h>

#include "merge/facets.h"
#include "support/hand_jobs.h"
#include "syncline/crdt/awareness.h"
#include "syncline/crdt/undo_manager.h"
#include "workspace/one_workspace.h"

namespace syncline::state {
namespace {

using identity::Caller;
using identity::Right;
using workspace::LiveObject;
using workspace::Receipt;

constexpr const char* kEverything = "permit (principal, action, resource);";
// Only those of the group `finance` write below `budget`.
constexpr const char* kBudget =
    R"(forbid (principal, action in Action::"write", resource in Path::"/budget")
       unless { principal in Group::"finance" };)";

Caller person(std::string id, std::vector<std::string> groups = {},
              identity::Rights rights = identity::Rights::writing()) {
  identity::Identity identity{.source = identity::Identity::Source::kJwt,
                              .groups = std::move(groups)};
  return {
      .principal = {.id = id,
                    .rights = rights,
                    .identity = std::make_shared<const identity::Identity>(std::move(identity))},
      .rights = rights,
      .actor = id + "'s"};
}

// Somebody who has an object open.
class Member final : public workspace::Subscriber {
 public:
  Member(TestWorld& world, Caller caller, std::string object = "o")
      : Member(world, world.host, std::move(caller), std::move(object)) {}
  Member(TestWorld& world, workspace::Host& host, Caller caller, std::string object = "o")
      : world_(world), workspace_(host.get("w")), caller_(std::move(caller)) {
    workspace_.subscribe(caller_, object, "yjs", *this, [this](Result<LiveObject*> opened) {
      if (opened)
        live_ = *opened;
      else
        refusal = opened.error();
    });
    world.loop.run();
  }
  ~Member() override { leave(); }

  void leave() {
    if (live_ != nullptr) workspace_.unsubscribe(*live_, *this);
    live_ = nullptr;
    world_.loop.run();
  }

  void on_change(const workspace::Delivery&) override { ++changes; }
  void on_presence(const workspace::Delivery&) override { ++presences; }
  void on_lost(const Error& error) override {
    live_ = nullptr;
    refusal = error;
  }
  void on_rights() override {
    ++looks;
    reads = workspace_.may(caller_, Right::kRead, *live_).has_value();
    writes = workspace_.may(caller_, Right::kWrite, *live_).has_value();
  }

  // "" if the change was accepted. The answer may come later, and is not heard then.
  std::string submit(const Bytes& update, Right right = Right::kWrite) {
    const auto said = std::make_shared<std::string>("no answer");
    workspace_.submit(
        caller_, *live_, {.intent = update, .right = right}, nullptr,
        [said](Result<Receipt> receipt) { *said = receipt ? "" : receipt.error().message; });
    world_.loop.run();
    return *said;
  }

  LiveObject& live() { return *live_; }
  bool is_in() const { return live_ != nullptr; }

  std::optional<Error> refusal;
  int changes = 0;
  int presences = 0;
  int looks = 0;
  bool reads = true;
  bool writes = true;

 private:
  TestWorld& world_;
  workspace::Workspace& workspace_;
  const Caller caller_;
  LiveObject* live_ = nullptr;
};

// A replica with maps, which collects its updates.
class Editor {
 public:
  explicit Editor(crdt::ClientId client) : doc_({.client_id = client}) {
    doc_.on_update([this](const crdt::UpdateEvent& event) {
      if (event.local()) last_ = to_bytes(event.update());
    });
  }
  Bytes set(std::string_view root, std::string_view key, double value) {
    EXPECT_TRUE(doc_.map(root).set(key, crdt::Any(value)));
    return last_;
  }
  Bytes set_map(std::string_view root, std::string_view key) {
    EXPECT_TRUE(doc_.map(root).set_type(key, crdt::TypeKind::kMap));
    return last_;
  }
  Bytes erase(std::string_view root, std::string_view key) {
    EXPECT_TRUE(doc_.map(root).erase(key));
    return last_;
  }
  void receive(ByteView update) { EXPECT_TRUE(doc_.apply_update(update)); }
  crdt::Doc& doc() { return doc_; }
  const Bytes& last() const { return last_; }

 private:
  crdt::Doc doc_;
  Bytes last_;
};

class Policies : public ::testing::Test {
 protected:
  Policies() {
    Member first(world_, testing::ann(), "first");
    EXPECT_EQ(first.submit(Typist(99).type("x")), "");
  }

  Result<Receipt> change(const Caller& caller, log::RuleAct act) {
    return ask<Receipt>(world_, [&](auto done) {
      world_.host.get("w").change_rules(caller, Right::kPolicy, std::move(act), "",
                                        std::move(done));
    });
  }
  void set(std::string name, std::string text) {
    const auto done = change(testing::ann(), log::SetPolicy{std::move(name), std::move(text)});
    ASSERT_TRUE(done) << done.error().message;
  }
  void share(std::string resource, std::string_view to, log::ShareRole role) {
    const auto done = change(testing::ann(),
                             log::Share{std::move(resource), log::parse_grantee(to).value(), role});
    ASSERT_TRUE(done) << done.error().message;
  }
  bool admits(const Caller& caller, Right right, std::string_view object) {
    return ask<void>(
               world_,
               [&](auto done) { world_.host.admit(caller, right, "w", object, std::move(done)); })
        .has_value();
  }
  std::string state() { return replay(world_, "o", log::kNow).value().object->to_json(); }

  TestWorld world_;
};

TEST_F(Policies, AreEventsThatLaterEventsName) {
  const auto refused = change(testing::ann(), log::SetPolicy{"p", "permit (principal"});
  EXPECT_EQ(refused.error().code, ErrorCode::kMalformed);
  EXPECT_TRUE(refused.error().message.starts_with("policy p: line 1, column "));
  EXPECT_EQ(change(person("bob"), log::SetPolicy{"p", kEverything}).error().code,
            ErrorCode::kForbidden);
  EXPECT_EQ(end_of(world_), 1u);
  set("p", kEverything);
  const log::Event event = events_of(world_).back();
  EXPECT_EQ(event.object, log::kPolicyObject);
  EXPECT_EQ(event.principal, "ann");
  Member bob(world_, person("bob"));
  EXPECT_EQ(bob.submit(Typist(1).type("x")), "");
  EXPECT_EQ(events_of(world_).back().policy_at, 2u);
  ASSERT_TRUE(change(testing::ann(), log::RemovePolicy{"p"}));
  EXPECT_EQ(bob.submit(Typist(2).type("x")), "");
  EXPECT_EQ(events_of(world_).back().policy_at, 0u) << "no policy is left";
}

TEST_F(Policies, HoldAfterAWorkspaceIsOpenedAgain) {
  share("o", "principal:bob", log::ShareRole::kViewer);
  workspace::Host again(world_.services());
  Listener listener;
  std::optional<Error> refusal;
  LiveObject* live = nullptr;
  again.get("w").subscribe(person("eve"), "o", "yjs", listener, [&](Result<LiveObject*> opened) {
    if (!opened) refusal = opened.error();
  });
  world_.loop.run();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, ErrorCode::kForbidden);
  again.get("w").subscribe(person("bob"), "o", "yjs", listener,
                           [&](Result<LiveObject*> opened) { live = opened.value_or(nullptr); });
  world_.loop.run();
  ASSERT_NE(live, nullptr);
  again.get("w").unsubscribe(*live, listener);
  world_.loop.run();
}

// A request of the HTTP API does not open the workspace.
TEST_F(Policies, HoldForRequestsToAWorkspaceThatIsNotOpen) {
  share("a/", "principal:bob", log::ShareRole::kViewer);
  workspace::Host closed(world_.services());
  const auto admitted = [&](const Caller& caller, Right right, std::string_view object) {
    const auto answer = ask<void>(
        world_, [&](auto done) { closed.admit(caller, right, "w", object, std::move(done)); });
    return answer.has_value();
  };
  EXPECT_TRUE(admitted(person("bob"), Right::kHistory, "a/b"));
  EXPECT_FALSE(admitted(person("bob"), Right::kHistory, "b"));
  EXPECT_FALSE(admitted(person("bob"), Right::kExport, ""));
  EXPECT_FALSE(admitted(person("eve"), Right::kRead, "a/b"));
  EXPECT_FALSE(admitted(person("bob"), Right::kSeePolicy, ""));
  EXPECT_TRUE(admitted(testing::ann(), Right::kSeePolicy, ""));
  EXPECT_FALSE(closed.has("w") && closed.get("w").is_open());
  share("b", "principal:bob", log::ShareRole::kViewer);
  EXPECT_TRUE(admitted(person("bob"), Right::kHistory, "b"));
}

TEST_F(Policies, AnOwnerSharesWhatIsHis) {
  share("a/", "principal:bob", log::ShareRole::kOwner);
  const Caller bob = person("bob");
  const log::Grantee eve{log::Grantee::Kind::kPrincipal, "eve"};
  EXPECT_FALSE(admits(person("eve"), Right::kRead, "a/b"));
  EXPECT_TRUE(change(bob, log::Share{"a/b", eve, log::ShareRole::kViewer}));
  EXPECT_TRUE(admits(person("eve"), Right::kRead, "a/b"));
  EXPECT_FALSE(admits(person("eve"), Right::kRead, "a/c"));
  EXPECT_EQ(change(bob, log::Share{"b", eve, log::ShareRole::kViewer}).error().code,
            ErrorCode::kForbidden);
  EXPECT_EQ(change(person("eve"), log::Share{"a/b", eve, log::ShareRole::kOwner}).error().code,
            ErrorCode::kForbidden);
  EXPECT_EQ(change(bob, log::SetPolicy{"p", kEverything}).error().code, ErrorCode::kForbidden);
  EXPECT_TRUE(change(bob, log::Unshare{"a/b", eve}));
  EXPECT_FALSE(admits(person("eve"), Right::kRead, "a/b"));
  EXPECT_EQ(change(bob, log::Unshare{"a/b", eve}).error().code, ErrorCode::kNotFound);
}

TEST_F(Policies, ThoseWhoAreThereLookAgainInOrder) {
  share("o", "principal:bob", log::ShareRole::kEditor);
  share("o", "principal:carol", log::ShareRole::kEditor);
  Member bob(world_, person("bob"));
  Member carol(world_, person("carol"));
  ASSERT_TRUE(bob.is_in() && carol.is_in());
  share("o", "principal:bob", log::ShareRole::kViewer);
  EXPECT_EQ(bob.looks, 1);
  EXPECT_TRUE(bob.reads);
  EXPECT_FALSE(bob.writes);
  EXPECT_TRUE(carol.writes);
  EXPECT_EQ(bob.submit(Typist(1).type("x")),
            "the policy of this workspace does not allow: insert at /content/*");
  ASSERT_TRUE(change(testing::ann(), log::Unshare{"o", {log::Grantee::Kind::kPrincipal, "bob"}}));
  EXPECT_FALSE(bob.reads);
  Member eve(world_, person("bob"));
  ASSERT_TRUE(eve.refusal);
  EXPECT_EQ(eve.refusal->code, ErrorCode::kForbidden);
}

// Above the rate of presence, others are told later; by then, the right may have been taken.
TEST_F(Policies, PresenceThatWasPutOffIsNotToldWithoutTheRight) {
  share("o", "everyone", log::ShareRole::kEditor);
  Member bob(world_, person("bob"));
  Member carol(world_, person("carol"));
  workspace::Workspace& workspace = world_.host.get("w");
  std::uint64_t clock = 0;
  const auto shows_himself_later = [&] {
    const crdt::AwarenessEntry entry{.client = 7, .clock = ++clock, .state = "{}"};
    const auto taken = workspace.set_presence(
        person("bob"), bob.live(), bob, crdt::encode_awareness({&entry, 1}), false, [](auto) {});
    EXPECT_TRUE(taken.untold);
  };
  shows_himself_later();
  workspace.tell_untold_presence(person("bob"), bob.live(), bob);
  world_.loop.run();
  EXPECT_EQ(carol.presences, 1);
  shows_himself_later();
  set("hide", R"(forbid (principal == Principal::"bob", action == Action::"presence", resource);)");
  workspace.tell_untold_presence(person("bob"), bob.live(), bob);
  world_.loop.run();
  EXPECT_EQ(carol.presences, 1);
}

// What follows the change of a policy is told only after those who lose the right to read have been asked.
TEST(PoliciesOfAManualStore, NothingLaterIsToldToAReaderWhoLostHisRight) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  const auto rule = [&](log::RuleAct act) {
    world.host.get("w").change_rules(testing::ann(), Right::kPolicy, std::move(act), "",
                                     [](const auto& receipt) { ASSERT_TRUE(receipt); });
    world.loop.run();
  };
  struct Leaver final : workspace::Subscriber {
    void on_change(const workspace::Delivery&) override { ++changes; }
    void on_presence(const workspace::Delivery&) override {}
    void on_lost(const Error&) override {}
    void on_rights() override {
      if (live == nullptr || workspace->may(caller, Right::kRead, *live)) return;
      workspace->unsubscribe(*live, *this);
      live = nullptr;
    }
    workspace::Workspace* workspace = nullptr;
    LiveObject* live = nullptr;
    Caller caller = person("bob");
    int changes = 0;
  };
  workspace::Workspace& workspace = world.host.get("w");
  Listener writing;
  LiveObject* live = nullptr;
  workspace.subscribe(testing::ann(), "o", "yjs", writing,
                      [&](Result<LiveObject*> opened) { live = opened.value(); });
  world.loop.run();
  Typist typist(1);
  const auto type = [&] {
    const Bytes update = typist.type("x");
    workspace.submit(testing::ann(), *live, {.intent = update}, nullptr, [](const auto&) {});
  };
  type();
  world.commit();
  rule(log::SetPolicy{"all", kEverything});
  world.commit();
  Leaver bob;
  bob.workspace = &workspace;
  workspace.subscribe(bob.caller, "o", "yjs", bob,
                      [&](Result<LiveObject*> opened) { bob.live = opened.value(); });
  world.loop.run();
  type();
  rule(log::SetPolicy{"not-bob", R"(forbid (principal == Principal::"bob", action, resource);)"});
  type();
  world.commit();
  EXPECT_EQ(bob.live, nullptr);
  EXPECT_EQ(bob.changes, 1) << "the change before the policy is his, the one after it is not";
  workspace.unsubscribe(*live, writing);
  world.commit();
}

// However many they are, a turn asks some of them. Nobody is told of anything before all were asked.
TEST_F(Policies, ManyAreAskedInSeveralTurns) {
  static constexpr int kMany = 1000;
  struct Asked {
    int all = 0;
    int told = 0;
    int turn = 0;
    std::map<int, int> by_turn;
    std::function<void()> begun = {};
  };
  struct Reader final : workspace::Subscriber {
    explicit Reader(Asked& counted) : asked(counted) {}
    void on_change(const workspace::Delivery&) override {
      ++asked.told;
      EXPECT_EQ(asked.all, kMany);
    }
    void on_presence(const workspace::Delivery&) override {}
    void on_lost(const Error&) override {}
    void on_rights() override {
      if (++asked.all == 1) asked.begun();
      ++asked.by_turn[asked.turn];
    }
    Asked& asked;
    LiveObject* live = nullptr;
  };
  Asked asked;
  std::vector<std::unique_ptr<Reader>> readers;
  workspace::Workspace& workspace = world_.host.get("w");
  for (int i = 0; i < kMany; ++i) {
    Reader& reader = *readers.emplace_back(std::make_unique<Reader>(asked));
    workspace.subscribe(testing::ann(), i % 2 == 0 ? "o" : "p", "yjs", reader,
                        [&](Result<LiveObject*> opened) { reader.live = opened.value(); });
  }
  world_.loop.run();
  std::function<void()> tick = [&] {
    if (++asked.turn < 100) world_.loop.post(tick);
  };
  bool changed = false;
  workspace.change_rules(testing::ann(), Right::kPolicy, log::SetPolicy{"all", kEverything}, "",
                         [&](Result<Receipt> receipt) { changed = receipt.has_value(); });
  asked.begun = [&] {
    world_.loop.post([&] {
      EXPECT_LT(asked.all, kMany);
      const Bytes update = Typist(1).type("x");
      workspace.submit(testing::ann(), *readers[0]->live, {.intent = update}, nullptr,
                       [](Result<Receipt> receipt) { EXPECT_TRUE(receipt); });
    });
  };
  tick();
  world_.loop.run();
  EXPECT_TRUE(changed);
  EXPECT_EQ(asked.all, kMany);
  EXPECT_EQ(asked.told, kMany / 2);
  for (const auto& [turn, count] : asked.by_turn) EXPECT_LE(count, 2 * 256) << turn;
  EXPECT_GE(asked.by_turn.size(), 2u);
  for (const auto& reader : readers) workspace.unsubscribe(*reader->live, *reader);
  world_.loop.run();
}

// ---- long policies, which a worker compiles

class LongPolicies : public ::testing::Test {
 protected:
  using Names = std::vector<std::string>;

  LongPolicies() {
    world_.host.get("w").change(
        "o", {.caller = testing::ann()},
        [](const merge::Object&, log::Position) -> Result<Bytes> { return Typist(9).type("x"); },
        [](const auto& receipt) { ASSERT_TRUE(receipt); });
    world_.loop.run();
  }
  static std::string long_text(std::string policy) {
    return "// " + std::string(20'000, '-') + "\n" + std::move(policy);
  }
  // "" when it is accepted.
  std::shared_ptr<std::string> set(std::string name, std::string text) {
    auto said = std::make_shared<std::string>("no answer");
    world_.host.get("w").change_rules(
        testing::ann(), Right::kPolicy, log::SetPolicy{std::move(name), std::move(text)}, "",
        [said](auto receipt) { *said = receipt ? "" : receipt.error().message; });
    world_.loop.run();
    return said;
  }
  void work() {
    ASSERT_FALSE(jobs_.waiting().empty());
    jobs_.run_next(world_.loop, world_.sources);
    world_.loop.run();
  }

  testing::HandJobs jobs_;
  TestWorld world_{MemoryStore::CommitMode::kAtOnce, {}, &jobs_};
};

TEST_F(LongPolicies, KeepNobodyWaiting) {
  Member bob(world_, person("bob"));
  const auto said =
      set("all", long_text(R"(permit (principal == Principal::"eve", action, resource);)"));
  EXPECT_EQ(jobs_.waiting(), Names{"policy"});
  EXPECT_EQ(*said, "no answer");
  EXPECT_EQ(bob.submit(Typist(1).type("x")), "") << "it does not hold yet";
  work();
  EXPECT_EQ(*said, "");
  EXPECT_FALSE(bob.reads);
  EXPECT_NE(bob.submit(Typist(2).type("x")), "");
}

TEST_F(LongPolicies, AreCheckedAsOthersAre) {
  const auto said = set("all", long_text("permit (principal, action,\n resource"));
  work();
  EXPECT_TRUE(said->starts_with("policy all: line ")) << *said;
  EXPECT_EQ(end_of(world_), 1u);
  const auto unknown =
      set("all", long_text(R"(permit (principal, action == Action::"fly", resource);)"));
  work();
  EXPECT_TRUE(unknown->starts_with("policy all: line 2")) << *unknown;
}

// Each is compiled with what was there before it.
TEST_F(LongPolicies, ThatComeTogetherAllHold) {
  const auto first =
      set("first", long_text(R"(permit (principal == Principal::"bob", action, resource);)"));
  const auto second =
      set("second", long_text(R"(permit (principal == Principal::"eve", action, resource);)"));
  EXPECT_EQ(jobs_.waiting(), (Names{"policy", "policy"}));
  work();
  work();
  EXPECT_EQ(jobs_.waiting(), Names{"policy"}) << "one came first, so the other is compiled again";
  work();
  EXPECT_EQ(*first + *second, "");
  EXPECT_TRUE(Member(world_, person("bob")).is_in());
  EXPECT_TRUE(Member(world_, person("eve")).is_in());
  EXPECT_FALSE(Member(world_, person("dan")).is_in());
}

TEST_F(LongPolicies, AreThereBeforeAnybodyIsLetIn) {
  const auto said =
      set("all", long_text(R"(permit (principal == Principal::"bob", action, resource);)"));
  work();
  ASSERT_EQ(*said, "");
  workspace::Host again(world_.services());
  Listener listener;
  std::optional<Error> refusal;
  again.get("w").subscribe(person("eve"), "o", "yjs", listener, [&](Result<LiveObject*> opened) {
    if (!opened) refusal = opened.error();
  });
  std::optional<bool> admitted;
  again.admit(person("eve"), Right::kHistory, "w", "o",
              [&](Result<void> open) { admitted = open.has_value(); });
  world_.loop.run();
  EXPECT_FALSE(refusal || admitted);
  while (!jobs_.waiting().empty()) work();
  ASSERT_TRUE(refusal && admitted);
  EXPECT_EQ(refusal->code, ErrorCode::kForbidden);
  EXPECT_FALSE(*admitted);
}

// Somebody may come because of a rule that the log may still refuse. Until it is durable, he is told nothing.
class LastRule : public ::testing::Test {
 protected:
  LastRule() {
    workspace_.subscribe(testing::ann(), "o", "yjs", writing_,
                         [this](Result<LiveObject*> opened) { live_ = opened.value(); });
    world_.loop.run();
    const Bytes update = Typist(1).type("x");
    workspace_.submit(testing::ann(), *live_, {.intent = update}, nullptr, [](const auto&) {});
    world_.commit();
    rule(log::SetPolicy{"bob", R"(forbid (principal == Principal::"bob", action, resource);)"});
    world_.commit();
  }
  ~LastRule() override {
    workspace_.unsubscribe(*live_, reading_);
    workspace_.unsubscribe(*live_, writing_);
    world_.commit();
  }
  void rule(log::RuleAct act) {
    workspace_.change_rules(testing::ann(), Right::kPolicy, std::move(act), "", [](const auto&) {});
    world_.loop.run();
  }
  void bob_comes() {
    const auto count = [this](const auto&) { ++answers_; };
    world_.host.admit(person("bob"), Right::kRead, "w", "o", count);
    workspace_.subscribe(person("bob"), "o", "yjs", reading_,
                         [this, count](Result<LiveObject*> opened) {
                           ++opened_;
                           workspace_.diff(person("bob"), *opened.value(), {}, count, &reading_);
                         });
    world_.loop.run();
  }
  void expect_that_he_waits() {
    bob_comes();
    EXPECT_EQ(opened_ + answers_, 0);
    world_.commit();
    EXPECT_EQ(opened_, 1);
    EXPECT_EQ(answers_, 2);
  }

  TestWorld world_{MemoryStore::CommitMode::kManual};
  workspace::Workspace& workspace_ = world_.host.get("w");
  Listener writing_;
  Listener reading_;
  LiveObject* live_ = nullptr;
  int opened_ = 0;
  int answers_ = 0;
};

TEST_F(LastRule, LetsInWhenItIsDurable) {
  rule(log::SetPolicy{"bob", kEverything});
  expect_that_he_waits();
}

TEST_F(LastRule, IsGoneWhenThatIsDurable) {
  rule(log::RemovePolicy{"bob"});
  expect_that_he_waits();
}

// Rules that the log may still refuse do not keep anybody connected, either.
TEST_F(LastRule, KeepsNobodyWhomTheRuleBeforeSendsAway) {
  rule(log::SetPolicy{"bob", kEverything});
  world_.commit();
  Member bob(world_, person("bob"));
  ASSERT_TRUE(bob.is_in());
  rule(log::SetPolicy{"bob", R"(forbid (principal == Principal::"bob", action, resource);)"});
  rule(log::SetPolicy{"bob", kEverything});
  world_.store.commit(1);
  world_.loop.run();
  EXPECT_FALSE(bob.reads) << "only the forbidding one is durable";
  world_.commit();
  EXPECT_TRUE(bob.reads);
}

// Whoever leaves meanwhile is not let in.
TEST_F(LastRule, IsNotWaitedForByWhoHasLeft) {
  rule(log::SetPolicy{"bob", kEverything});
  workspace_.subscribe(person("bob"), "o", "yjs", reading_,
                       [this](const Result<LiveObject*>&) { ++opened_; });
  world_.loop.run();
  workspace_.cancel(reading_);
  world_.commit();
  EXPECT_EQ(opened_, 0);
}

// ---- below the document

class Budget : public Policies {
 protected:
  Budget() {
    set("all", kEverything);
    set("budget", kBudget);
  }
  static constexpr const char* kSet =
      "the policy of this workspace does not allow: set at /budget/travel";

  Editor editor_{1};
};

TEST_F(Budget, IsChangedByThoseOfFinanceOnly) {
  Member ann(world_, person("ann"));
  Member fin(world_, person("fin", {"finance"}));
  EXPECT_EQ(ann.submit(editor_.set("plan", "a", 1)), "");
  const Bytes update = editor_.set("budget", "travel", 100);
  EXPECT_EQ(ann.submit(update), kSet);
  EXPECT_EQ(fin.submit(update), "");
  EXPECT_EQ(ann.submit(editor_.erase("budget", "travel")),
            "the policy of this workspace does not allow: set at /budget/travel");
  EXPECT_EQ(ann.changes + fin.changes, 4)
      << "both hear of each accepted change, as nobody is its source";
  EXPECT_EQ(state(), R"({"plan":{"a":1},"budget":{"travel":100}})");
}

// A struct of another client in an update changes nothing about whose change it is.
TEST_F(Budget, AForeignStructIsJudgedAsWhatItDoes) {
  Member ann(world_, person("ann"));
  const log::Position before = end_of(world_);
  Editor stranger(77);
  EXPECT_EQ(ann.submit(stranger.set("budget", "travel", 1)), kSet);
  // One allowed and one forbidden part: all of it is refused.
  Editor both(78);
  both.set("plan", "a", 1);
  both.set("budget", "travel", 1);
  EXPECT_EQ(ann.submit(both.doc().encode_state_as_update()), kSet);
  EXPECT_EQ(end_of(world_), before);
}

TEST_F(Budget, UndoTakesTheSameDoor) {
  Member ann(world_, person("ann"));
  Member fin(world_, person("fin", {"finance"}));
  crdt::UndoManager undo(editor_.doc(), std::vector<crdt::Type>{editor_.doc().map("budget")});
  EXPECT_EQ(fin.submit(editor_.set("budget", "travel", 100)), "");
  ASSERT_TRUE(undo.undo());
  const Bytes undone = editor_.last();
  EXPECT_EQ(ann.submit(undone), kSet);
  EXPECT_EQ(fin.submit(undone), "");
}

TEST_F(Budget, RestoresTakeTheSameDoor) {
  Member fin(world_, person("fin", {"finance"}));
  EXPECT_EQ(fin.submit(editor_.set("budget", "travel", 100)), "");
  const log::Position then = end_of(world_);
  EXPECT_EQ(fin.submit(editor_.set("budget", "travel", 200)), "");
  const auto restore = [&](const Caller& caller) {
    std::shared_ptr<merge::Object> past = replay(world_, "o", then).value().object;
    return ask<Receipt>(world_, [&](auto done) {
      world_.host.get("w").change(
          "o", {.caller = caller, .right = Right::kRestore},
          [past](const merge::Object& now, log::Position) {
            return merge::change_to(now, *past, 4711);
          },
          std::move(done));
    });
  };
  const auto refused = restore(person("ann"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, kSet);
  EXPECT_TRUE(restore(person("fin", {"finance"})));
  EXPECT_EQ(state(), R"({"budget":{"travel":100}})");
  EXPECT_EQ(fin.submit(editor_.set("plan", "a", 1)), "");
  set("no-restore", R"(forbid (principal, action == Action::"restore", resource);)");
  EXPECT_FALSE(restore(person("fin", {"finance"})));
}

// What it touches is not known before its cause has come.
TEST_F(Budget, WhatWaitsIsNoWayRoundIt) {
  Member ann(world_, person("ann"));
  Member fin(world_, person("fin", {"finance"}));
  const Bytes cause = editor_.set("plan", "a", 1);
  const Bytes effect = editor_.set("budget", "travel", 100);
  EXPECT_EQ(ann.submit(effect), "no answer");
  EXPECT_EQ(fin.submit(cause), "");
  world_.loop.run();
  EXPECT_EQ(state(), R"({"plan":{"a":1}})") << "it was judged as ann's, and refused";
  EXPECT_EQ(fin.submit(effect), "");
  EXPECT_EQ(state(), R"({"plan":{"a":1},"budget":{"travel":100}})");
}

TEST_F(Budget, WhatWaitsIsJudgedWithTheGroupsOfItsAuthor) {
  Member fin(world_, person("fin", {"finance"}));
  const Bytes cause = editor_.set("plan", "a", 1);
  const Bytes effect = editor_.set("budget", "travel", 100);
  EXPECT_EQ(fin.submit(effect), "no answer");
  EXPECT_EQ(fin.submit(cause), "");
  world_.loop.run();
  EXPECT_EQ(state(), R"({"plan":{"a":1},"budget":{"travel":100}})");
}

// The store keeps nothing of tokens. So after a restart, nobody knows whether a rule about a group forbids what waits.
TEST_F(Budget, WhatWaitsLongerThanTheServerRunsIsNotJudgedWithoutTheGroupsOfItsAuthor) {
  set("budget", R"(forbid (principal in Group::"guests", action, resource in Path::"/budget");)");
  const Bytes cause = editor_.set("plan", "a", 1);
  const Bytes effect = editor_.set("budget", "travel", 100);
  EXPECT_EQ(Member(world_, person("gil", {"guests"})).submit(effect), "no answer");
  workspace::Host again(world_.services());
  Member ann(world_, again, person("ann"));
  EXPECT_EQ(ann.submit(cause), "");
  world_.loop.run();
  EXPECT_EQ(state(), R"({"plan":{"a":1}})");
  EXPECT_EQ(ann.submit(effect), "")
      << "it does not wait any more, and may be sent by somebody else";
  EXPECT_EQ(state(), R"({"plan":{"a":1},"budget":{"travel":100}})");
}

// Where its author came from counts then, too, also if nobody knows it any more.
TEST_F(Budget, WhatWaitsIsJudgedWithTheAddressOfItsAuthor) {
  set("budget",
      R"(forbid (principal, action, resource in Path::"/budget")
         when { context has address && !context.address.isInRange(ip("10.0.0.0/8")) };)");
  const auto at = [](std::string address) {
    Caller caller = person("ann");
    caller.peer = std::move(address);
    return caller;
  };
  const Bytes cause = editor_.set("plan", "a", 1);
  const Bytes effect = editor_.set("budget", "travel", 100);
  EXPECT_EQ(Member(world_, at("203.0.113.5:40000")).submit(effect), "no answer");
  EXPECT_EQ(Member(world_, person("fin")).submit(cause), "");
  world_.loop.run();
  EXPECT_EQ(state(), R"({"plan":{"a":1}})") << "it came from outside";

  const Bytes next = editor_.set("plan", "b", 2);
  const Bytes last = editor_.set("budget", "food", 7);
  EXPECT_EQ(Member(world_, at("203.0.113.5:40000")).submit(last), "no answer");
  workspace::Host again(world_.services());
  Member inside(world_, again, at("10.1.2.3:40000"));
  EXPECT_EQ(inside.submit(effect), "");
  EXPECT_EQ(inside.submit(next), "");
  world_.loop.run();
  EXPECT_EQ(state(), R"({"plan":{"a":1,"b":2},"budget":{"travel":100}})");
}

TEST_F(Budget, WhoSendsAgainWhatWaitsSaysAgainWhoHeIs) {
  const Bytes cause = editor_.set("plan", "a", 1);
  const Bytes effect = editor_.set("budget", "travel", 100);
  EXPECT_EQ(Member(world_, person("fin", {"finance"})).submit(effect), "no answer");
  workspace::Host again(world_.services());
  Member fin(world_, again, person("fin", {"finance"}));
  EXPECT_EQ(fin.submit(effect), "no answer");
  EXPECT_EQ(fin.submit(cause), "");
  world_.loop.run();
  EXPECT_EQ(state(), R"({"plan":{"a":1},"budget":{"travel":100}})");
}

TEST_F(Budget, WhoMayWriteNothingMayNotLetAnythingWait) {
  set("readers", R"(forbid (principal == Principal::"eve", action in Action::"write", resource);)");
  Member eve(world_, person("eve"));
  editor_.set("plan", "a", 1);
  EXPECT_EQ(eve.submit(editor_.set("plan", "b", 2)),
            "the policy of this workspace does not allow: write o");
}

TEST_F(Budget, AContainerWithAForbiddenPlaceInItIsNotReplaced) {
  Member ann(world_, person("ann"));
  set("total",
      R"(forbid (principal, action in Action::"write", resource in Path::"/doc/sums/total");)");
  EXPECT_EQ(ann.submit(editor_.set_map("doc", "sums")),
            "the policy of this workspace may not allow: insert at or below /doc/sums");
  EXPECT_EQ(ann.submit(Editor(5).set_map("doc", "notes")), "");
}

}  // namespace
}  // namespace syncline::state
