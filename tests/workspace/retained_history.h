// Retention in a world of tests: rules, turns of it, and what is left of a random history.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "state/retention_run.h"
#include "workspace/random_history.h"

namespace syncline::state {

// An event of its own, like everything that changes what is kept.
inline Result<workspace::Receipt> change_rules(TestWorld& world, log::RuleAct act,
                                               std::string principal = "ann",
                                               std::string reason = "") {
  identity::Caller caller = testing::ann();
  caller.principal.id = std::move(principal);
  return ask<workspace::Receipt>(world, [&](auto done) {
    world.host.get("w").change_rules(caller, identity::Right::kRetention, std::move(act),
                                     std::move(reason), std::move(done));
  });
}

inline void set_rule(TestWorld& world, log::RetentionRule rule) {
  const auto changed = change_rules(world, log::SetRetention{rule});
  ASSERT_TRUE(changed) << changed.error().message;
}

inline void raise_floor(TestWorld& world, log::Position floor) {
  const auto raised = ask<log::Retention>(
      world, [&](auto done) { world.log->retention().raise_floor("w", floor, std::move(done)); });
  ASSERT_TRUE(raised) << raised.error().message;
}

// Of the events of documents, that is: the floor is where it would be without events of rules.
inline void keep_last(TestWorld& world, std::uint64_t events) {
  const auto all = events_of(world);
  const auto last = std::ranges::find_if(all.rbegin(), all.rend(), [](const log::Event& event) {
    return !log::is_system_object(event.object);
  });
  // Behind it come events of rules, this one among them.
  set_rule(world, {.keep_last = events + (last - all.rbegin()) + 1});
}

inline void hold(TestWorld& world, log::RuleAct act = log::PutHold{}) {
  const auto changed = change_rules(world, std::move(act), "counsel", "case 7");
  ASSERT_TRUE(changed) << changed.error().message;
}

inline Result<RetentionTurn> turn(TestWorld& world, std::size_t max_events = 16) {
  return ask<RetentionTurn>(world, [&](auto done) {
    retain(world.sources, "w", world.loop.unix_ms(), max_events, std::move(done));
  });
}

// All of it, in small pieces; how many payloads went.
inline std::uint64_t retain_all(TestWorld& world) {
  std::uint64_t events = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto done = turn(world);
    EXPECT_TRUE(done) << done.error().message;
    if (!done) return events;
    events += done->events;
    if (done->done) return events;
  }
  ADD_FAILURE() << "no end";
  return events;
}

inline void pin(TestWorld& world, const std::string& name, log::Position position) {
  log::RuleAct act = log::RemovePin{name};
  if (position > 0) act = log::SetPin{name, position};
  const auto changed = change_rules(world, std::move(act));
  ASSERT_TRUE(changed) << changed.error().message;
}

inline void expect_state(TestWorld& world, const RandomHistory& history, log::Position at) {
  for (const auto& [object, json] : history.model_at(at)) {
    const auto replayed = replay(world, object, at);
    ASSERT_TRUE(replayed) << replayed.error().message;
    ASSERT_EQ(replayed->object->to_json(), json) << object << " at " << at;
  }
}

}  // namespace syncline::state
