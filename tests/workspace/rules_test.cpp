// Everything that changes what a workspace promises is an event in its log.
#include <gtest/gtest.h>

#include "log/append_check.h"
#include "merge/effect_codec.h"
#include "state/changes.h"
#include "state/rules_object.h"
#include "workspace/retained_history.h"

namespace syncline::state {
namespace {

std::vector<std::string> objects_of(TestWorld& world) {
  std::vector<std::string> objects;
  for (const log::Event& event : events_of(world)) objects.push_back(event.object);
  return objects;
}

std::vector<log::Pin> pins_of(TestWorld& world) {
  return ask<std::vector<log::Pin>>(
             world, [&](auto done) { world.log->pins().list_pins("w", "", 100, std::move(done)); })
      .value();
}

log::Retention retention_of(TestWorld& world) {
  return ask<log::Retention>(
             world, [&](auto done) { world.log->retention().load_retention("w", std::move(done)); })
      .value();
}

log::RulesStanding standing_of(TestWorld& world) {
  return ask<log::RulesStanding>(
             world, [&](auto done) { world.log->rules().load_standing("w", std::move(done)); })
      .value();
}

TEST(WorkspaceRules, AChangeIsAnEventOfItsAuthor) {
  TestWorld world;
  RandomHistory history(world, 1);
  history.write(10);
  const auto receipt = change_rules(world, log::SetPin{"v1", 7}, "bob");
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(receipt->position, 11u);
  const log::Event event = events_of(world).back();
  EXPECT_EQ(event.object, log::kPinsObject);
  EXPECT_EQ(event.type, log::kRulesType);
  EXPECT_EQ(event.principal, "bob");
  EXPECT_EQ(log::rule_change_in(event).value()->act, (log::RuleAct{log::SetPin{"v1", 7}}));
  const auto effect = merge::decode_effect(event.effect);
  ASSERT_TRUE(effect);
  EXPECT_EQ(effect->effect.touches.front().key, "v1");
  EXPECT_EQ(pins_of(world).front().principal, "bob");
  EXPECT_EQ(moment(world, "v1").value(), 7u);
  // And it is told in the history, like any other change.
  const auto page = ask<ChangePage>(
      world, [&](auto done) { list_changes(world.sources, "w", "", 10, 11, 10, std::move(done)); });
  ASSERT_TRUE(page);
  ASSERT_EQ(page->changes.size(), 1u);
  EXPECT_TRUE(page->changes[0].told.starts_with(R"([{"path":"pins","keys":{"v1":{"set":)"))
      << page->changes[0].told;
}

TEST(WorkspaceRules, NobodyIsToldBeforeItIsDurable) {
  TestWorld world(MemoryStore::CommitMode::kManual);
  Typist typist(1);
  world.host.get("w").change(
      "o", {.caller = testing::ann()},
      [&](const merge::Object&, log::Position) -> Result<Bytes> { return typist.type("hello"); },
      [](const auto& receipt) { EXPECT_TRUE(receipt); });
  world.commit();
  std::optional<Result<workspace::Receipt>> receipt;
  world.host.get("w").change_rules(testing::ann(), identity::Right::kHold, log::PutHold{}, "case 7",
                                   [&](auto answer) { receipt = std::move(answer); });
  world.loop.run();
  EXPECT_FALSE(receipt);
  EXPECT_FALSE(retention_of(world).hold);
  world.commit();
  ASSERT_TRUE(receipt && *receipt);
  EXPECT_EQ(retention_of(world).hold->reason, "case 7");
}

TEST(WorkspaceRules, WhatDoesNotFitIsRefusedAndDisturbsNobody) {
  TestWorld world;
  RandomHistory history(world, 2);
  history.write(20);
  Visit visit(world, "o1");
  raise_floor(world, 10);
  const auto refused = [&](log::RuleAct act, std::string reason = "") {
    return change_rules(world, std::move(act), "ann", std::move(reason)).error().code;
  };
  EXPECT_EQ(refused(log::SetPin{"v1", 21}), ErrorCode::kInvalid);
  EXPECT_EQ(refused(log::SetPin{"v1", 9}), ErrorCode::kNotFound);
  EXPECT_EQ(refused(log::SetPin{"1st", 12}), ErrorCode::kInvalid);
  EXPECT_EQ(refused(log::RemovePin{"v1"}), ErrorCode::kNotFound);
  EXPECT_EQ(refused(log::ReleaseHold{}), ErrorCode::kConflict);
  EXPECT_EQ(refused(log::PutHold{}), ErrorCode::kInvalid);
  EXPECT_EQ(end_of(world), 20u);
  EXPECT_EQ(world.counters.resets, 0u);
  hold(world);
  EXPECT_EQ(refused(log::PutHold{}, "case 8"), ErrorCode::kConflict);
  EXPECT_EQ(end_of(world), 21u);
  // A workspace that is not there is not made by a rule.
  const auto nowhere = ask<workspace::Receipt>(world, [&](auto done) {
    world.host.get("v").change_rules(testing::ann(), identity::Right::kPin, log::RemovePin{"p"}, "",
                                     std::move(done));
  });
  EXPECT_EQ(nowhere.error().code, ErrorCode::kNotFound);
}

// ---- taken over from a version before 0.2

log::UntoldRules old_rules() {
  log::UntoldRules untold;
  untold.pins = {{"draft", 1, 50, "ann"}, {"final", 2, 60, "bob"}};
  log::RetentionChange rule;
  rule.principal = "ann";
  rule.unix_ms = 70;
  rule.rule.keep_last = 1000;
  log::RetentionChange hold;
  hold.act = log::RetentionAct::kHold;
  hold.principal = "counsel";
  hold.reason = "case 7";
  hold.unix_ms = 80;
  untold.record = {rule, hold};
  untold.retention = rule.rule;
  untold.hold = log::Hold{"counsel", "case 7", 80};
  return untold;
}

// Two events of version 1, and what that version kept beside them.
class OldWorld {
 public:
  explicit OldWorld(MemoryStore::CommitMode mode = MemoryStore::CommitMode::kAtOnce,
                    std::uint8_t version = log::kUnsaltedVersion)
      : world(mode) {
    Typist typist(1);
    testing::TestChain chain;
    log::Head head;
    std::vector<log::EncodedEvent> events;
    for (int i = 0; i < 2; ++i) {
      log::Event event;
      event.version = version;
      event.generation = version == log::kUnsaltedVersion ? 0 : 1;
      event.object = "o";
      event.type = "doc";
      event.intent = typist.type("x");
      if (version == log::kUnsaltedVersion) {
        event.position = head.last_position + 1;
        event.hlc = HlcStamp::of(1 + event.position, 0);
        event.previous_hash = head.last_hash;
        events.push_back(log::encode_event(event).value());
        head = log::head_after(events);
      } else {
        events.push_back(chain.seal(event, 1).value());
      }
    }
    world.log->events().append("w", {.events = std::move(events), .after = 0},
                               [](const auto& appended) { EXPECT_TRUE(appended); });
    world.commit();
    world.store.plant_untold("w", old_rules());
  }

  // Somebody comes in.
  void open() { Visit visit(world, "o"); }

  TestWorld world;
};

void expect_taken_over(TestWorld& world) {
  EXPECT_EQ(objects_of(world),
            (std::vector<std::string>{"o", "o", "./pins", "./pins", "./retention", "./retention"}));
  EXPECT_EQ(pins_of(world), old_rules().pins);
  EXPECT_EQ(retention_of(world).rule, old_rules().retention);
  EXPECT_EQ(retention_of(world).hold, old_rules().hold);
  EXPECT_TRUE(standing_of(world).told);
  const auto records = ask<std::vector<log::RetentionRecord>>(world, [&](auto done) {
    world.log->retention().list_retention("w", 0, 10, std::move(done));
  });
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[1].number, 2u);
  EXPECT_EQ((*records)[1].change.reason, "case 7");
}

TEST(RulesOfBefore, BecomeEventsWhenTheWorkspaceIsOpened) {
  OldWorld old;
  EXPECT_EQ(standing_of(old.world).untold, old_rules());
  old.open();
  expect_taken_over(old.world);
  old.open();
  expect_taken_over(old.world);
  // From now on they are changed like others.
  pin(old.world, "draft", 0);
  hold(old.world, log::ReleaseHold{});
  EXPECT_EQ(pins_of(old.world).size(), 1u);
  EXPECT_FALSE(retention_of(old.world).hold);
}

TEST(RulesOfBefore, AreTakenOverOnceAlsoAcrossACrash) {
  OldWorld old(MemoryStore::CommitMode::kManual);
  TestWorld& world = old.world;
  Listener listener;
  bool opened = false;
  world.host.get("w").subscribe(testing::ann(), "o", "yjs", listener,
                                [&](const auto&) { opened = true; });
  world.loop.run();
  EXPECT_FALSE(opened);
  EXPECT_EQ(world.store.waiting(), 1u);
  world.store.crash();  // before the append
  EXPECT_EQ(standing_of(world).untold, old_rules());
  workspace::Host host(world.services());
  host.get("w").subscribe(testing::ann(), "o", "yjs", listener,
                          [&](const auto&) { opened = true; });
  world.loop.run();
  world.commit();
  EXPECT_TRUE(opened);
  expect_taken_over(world);
  workspace::Host again(world.services());
  opened = false;
  again.get("w").subscribe(testing::ann(), "o", "yjs", listener,
                           [&](const auto&) { opened = true; });
  world.commit();
  EXPECT_TRUE(opened);
  expect_taken_over(world);
}

TEST(RulesOfBefore, AFullDiskKeepsNobodyFromReading) {
  OldWorld old;
  TestWorld& world = old.world;
  world.store.fail_appends(Error{ErrorCode::kUnavailable, "full"});
  {
    Visit visit(world, "o");
    EXPECT_EQ(change_rules(world, log::SetPin{"new", 1}).error().code, ErrorCode::kUnavailable);
  }
  world.store.fail_appends(std::nullopt);
  EXPECT_EQ(standing_of(world).untold, old_rules());
  workspace::Host next(world.services());
  Visit visit(world, next, "o");
  expect_taken_over(world);
}

// Who adds a pin to the tables by hand does not get an event for it.
TEST(RulesOfBefore, ALogThatBeganLaterHasNone) {
  OldWorld forged(MemoryStore::CommitMode::kAtOnce, log::kRecordVersion);
  forged.open();
  EXPECT_EQ(end_of(forged.world), 2u);
}

// ---- a damaged system object

TEST(DamagedRules, CloseTheWorkspaceToAllButTheLocalOperator) {
  TestWorld world;
  RandomHistory history(world, 3);
  history.write(10);
  pin(world, "v1", 5);
  history.write(5);
  world.store.damage_event("w", 11);
  world.cache.forget("w");
  workspace::Host host(world.services());
  Listener listener;
  std::optional<Result<workspace::LiveObject*>> opened;
  const auto open = [&] {
    opened.reset();
    host.get("w").subscribe(testing::ann(), "o1", "yjs", listener,
                            [&](auto live) { opened = std::move(live); });
    world.loop.run();
    ASSERT_TRUE(opened);
  };
  for (int round = 0; round < 2; ++round) {
    open();
    ASSERT_FALSE(*opened);
    EXPECT_EQ(opened->error().code, ErrorCode::kCorrupt);
    EXPECT_NE(opened->error().message.find("./pins"), std::string::npos);
  }
  EXPECT_EQ(host.admit(testing::ann(), "w").error().code, ErrorCode::kCorrupt);
  identity::Caller local = testing::ann();
  local.local = true;
  EXPECT_TRUE(host.admit(local, "w"));
  EXPECT_TRUE(host.admit(testing::ann(), "v"));
  // The operator reads the log, and what it holds.
  std::optional<Result<workspace::Workspace::View>> view;
  host.get("w").read(
      local, "o1", [](const merge::Object& object) { return object.json_pieces(1 << 20); },
      [&](auto read) { view = std::move(read); });
  world.loop.run();
  ASSERT_TRUE(view);
  EXPECT_TRUE(*view);
  EXPECT_TRUE(replay(world, "o1", 10));
  EXPECT_TRUE(replay(world, "o1", log::kNow));
}

}  // namespace
}  // namespace syncline::state
