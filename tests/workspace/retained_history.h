// Retention in a world of tests: rules, turns of it, and what is left of a random history.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "state/retention_run.h"
#include "workspace/random_history.h"

namespace syncline::state {

inline void change_retention(TestWorld& world, log::RetentionChange change) {
  const auto changed = ask<log::Retention>(world, [&](auto done) {
    world.log->retention().change_retention("w", std::move(change), std::move(done));
  });
  ASSERT_TRUE(changed) << changed.error().message;
}

inline void keep_last(TestWorld& world, std::uint64_t events) {
  log::RetentionChange change;
  change.principal = "ann";
  change.rule.keep_last = events;
  change_retention(world, change);
}

inline void hold(TestWorld& world, log::RetentionAct act = log::RetentionAct::kHold) {
  log::RetentionChange change;
  change.act = act;
  change.principal = "counsel";
  change.reason = "case 7";
  change_retention(world, change);
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
  ASSERT_TRUE(ask<void>(world, [&](auto done) {
    world.log->pins().put_pin("w", {name, position, 1, "ann"}, std::move(done));
  }));
}

inline void expect_state(TestWorld& world, const RandomHistory& history, log::Position at) {
  for (const auto& [object, json] : history.model_at(at)) {
    const auto replayed = replay(world, object, at);
    ASSERT_TRUE(replayed) << replayed.error().message;
    ASSERT_EQ(replayed->object->to_json(), json) << object << " at " << at;
  }
}

}  // namespace syncline::state
