// Retention over random histories: what is kept is the model's at every position, what is pinned
// stays, the rest is refused with the place where the history begins; whatever happens in between.
#include "state/retention_run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "log/merkle_tree.h"
#include "state/blame.h"
#include "state/changes.h"
#include "support/hand_jobs.h"
#include "workspace/retained_history.h"

namespace syncline::state {
namespace {

TEST(Retention, WhatIsKeptIsTheModelsAndTheRestIsRefused) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    TestWorld world(MemoryStore::CommitMode::kAtOnce,
                    {.budget_bytes = seed % 2 == 0 ? std::size_t{1} : std::size_t{1} << 20,
                     .snapshot_min_bytes = 300 * seed,
                     .evict_snapshot_events = seed});
    RandomHistory history(world, seed);
    history.write(100);
    pin(world, "early", 20 + seed);
    pin(world, "later", 70);
    keep_last(world, 40);
    const auto before = events_of(world);
    const log::Position floor = end_of(world) - 43;
    EXPECT_EQ(retain_all(world), floor);
    expect_model(world, history, floor);
    expect_state(world, history, 20 + seed);
    // Everything that is proved, stays.
    const auto after = events_of(world);
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
      EXPECT_EQ(after[i].hash, before[i].hash);
      EXPECT_EQ(after[i].dropped_payload.has_value(), i < floor);
    }
    // In between there is nothing.
    std::size_t refused = 0;
    for (log::Position at = 21 + seed; at < floor; ++at) {
      for (const auto& [object, json] : history.model().at(at)) {
        const auto replayed = replay(world, object, at);
        if (replayed) {
          ASSERT_EQ(replayed->object->to_json(), json);
          continue;
        }
        ++refused;
        ASSERT_EQ(replayed.error().code, ErrorCode::kNotFound);
        ASSERT_NE(replayed.error().message.find(fmt::format("kept from position {} on", floor)),
                  std::string::npos)
            << replayed.error().message;
      }
    }
    EXPECT_GT(refused, 50u);
    // Life goes on: more changes, eviction, another life of the server, more retention.
    world.cache.forget("w");
    history.write(60);
    expect_model(world, history, floor);
    pin(world, "early", 0);
    // The rule counts events of rules, too: three of the last 43 were, and their payloads stay.
    const log::Position next = end_of(world) - 43;
    EXPECT_EQ(retain_all(world), next - floor - 3);
    for (const log::Event& event : events_of(world))
      EXPECT_EQ(event.dropped_payload.has_value(),
                event.position <= next && !log::is_system_object(event.object));
    expect_model(world, history, next);
    expect_state(world, history, 70);
    EXPECT_EQ(retain_all(world), 0u);
  }
}

// At the end of it an object is one snapshot, and pins cost one each.
TEST(Retention, SnapshotsThatNothingNeedsAreRemoved) {
  TestWorld world(MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 200});
  RandomHistory history(world, 3);
  history.write(120);
  pin(world, "p", 50);
  ASSERT_GT(snapshots_of(world, "o1").newest_first.size(), 4u);
  raise_floor(world, 120);
  EXPECT_EQ(retain_all(world), 120u);
  expect_model(world, history, 120);
  EXPECT_EQ(snapshots_of(world, "o1").newest_first.size(), 2u);
  pin(world, "p", 0);
  EXPECT_EQ(retain_all(world), 0u);
  EXPECT_EQ(snapshots_of(world, "o1").newest_first.size(), 1u);
  history.write(30);
  expect_model(world, history, 120);
}

TEST(Retention, AStateThatIsKeptNamesItsTypeAndGeneration) {
  TestWorld world;
  RandomHistory history(world, 3);
  history.write(40);
  keep_last(world, 5);
  ASSERT_GT(retain_all(world), 0u);
  for (const std::string object : {"o0", "o1"}) {
    const auto kept = ask<std::optional<log::Snapshot>>(world, [&](auto done) {
      world.log->snapshots().load_snapshot("w", object, end_of(world) - 5, std::move(done));
    });
    ASSERT_TRUE(kept && *kept) << object;
    EXPECT_EQ((*kept)->type, "doc");
    EXPECT_EQ((*kept)->generation, 1u);
  }
}

TEST(Retention, AgeAndCountMustBothBeOver) {
  TestWorld world;
  RandomHistory history(world, 4);
  history.write(20);
  world.loop.advance(10'000);
  history.write(20);
  set_rule(world, {.keep_ms = 5000, .keep_last = 31});  // its own event counts
  EXPECT_EQ(retain_all(world), 10u);
  set_rule(world, {.keep_ms = 5000});
  EXPECT_EQ(retain_all(world), 10u);
  expect_model(world, history, 20);
}

TEST(Retention, ALegalHoldStopsEverything) {
  TestWorld world;
  RandomHistory history(world, 5);
  history.write(60);
  keep_last(world, 10);
  ASSERT_TRUE(turn(world));  // the first sixteen
  hold(world);
  const auto refused = turn(world);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kForbidden);
  EXPECT_NE(refused.error().message.find("case 7"), std::string::npos);
  std::size_t kept = 0;
  for (const log::Event& event : events_of(world)) kept += event.dropped_payload ? 0 : 1;
  EXPECT_EQ(kept, end_of(world) - 16);
  hold(world, log::ReleaseHold{});
  EXPECT_EQ(retain_all(world), end_of(world) - 11 - 16);
}

// The history is still listed, with who and when; what changed is told from the floor on.
TEST(Retention, ChangesAndBlameTellWhatIsLeft) {
  TestWorld world(MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 500});
  RandomHistory history(world, 6);
  history.write(80);
  const auto all = ask<ChangePage>(world, [&](auto done) {
                     list_changes(world.sources, "w", "", 0, 80, 1000, std::move(done));
                   }).value();
  keep_last(world, 30);
  retain_all(world);
  for (const log::Position from : {log::Position{0}, log::Position{30}, log::Position{50}}) {
    const auto page = ask<ChangePage>(world, [&](auto done) {
      list_changes(world.sources, "w", "", from, 80, 1000, std::move(done));
    });
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_EQ(page->changes.size(), 80 - from);
    for (const Change& change : page->changes) {
      const log::Position position = change.event.position;
      EXPECT_EQ(change.told, position <= 50 ? "null" : all.changes[position - 1].told);
    }
  }
  const auto blame = ask<Blame>(
      world, [&](auto done) { blame_object(world.sources, "w", "o1", 80, std::move(done)); });
  ASSERT_TRUE(blame) << blame.error().message;
  for (const BlamedText& text : blame->texts)
    for (const BlamedRun& run : text.runs) EXPECT_TRUE(run.position == 0 || run.position > 50);
}

// Between the raising of the floor and the end of its sweep, events behind dropped ones have payloads.
TEST(Retention, ChangesAreToldWhileTheFloorIsAheadOfTheSweep) {
  for (const bool held : {false, true}) {
    TestWorld world(MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 500});
    RandomHistory history(world, 7);
    history.write(80);
    const auto list = [&](const std::string& object, log::Position from) {
      return ask<ChangePage>(world, [&](auto done) {
        list_changes(world.sources, "w", object, from, 80, 1000, std::move(done));
      });
    };
    const auto all = list("", 0).value();
    pin(world, "p", 5);
    keep_last(world, 30);
    ASSERT_EQ(turn(world)->swept_to, 16u);
    if (held) hold(world);
    for (const std::string object : {"", "o0", "o1", "o2"}) {
      for (const log::Position from : {0u, 4u, 20u, 50u}) {
        const auto page = list(object, from);
        ASSERT_TRUE(page) << page.error().message;
        std::size_t told_from_floor = 0;
        for (const Change& change : page->changes) {
          const log::Position position = change.event.position;
          const std::string& then = all.changes[position - 1].told;
          if (position <= 16) {
            EXPECT_EQ(change.told, "null");
          }
          if (position <= 50 && change.told == "null") continue;
          EXPECT_EQ(change.told, then) << position;
          told_from_floor += position > 50 ? 1 : 0;
        }
        EXPECT_GE(told_from_floor, object.empty() ? 30u : 5u);
      }
    }
  }
}

// What stands for dropped payloads is no cache: when it is damaged, that is said, and not guessed.
TEST(Retention, ADamagedStateIsNeverShown) {
  TestWorld world;
  RandomHistory history(world, 8);
  history.write(40);
  keep_last(world, 5);
  retain_all(world);
  world.store.damage_snapshot("w", "o1");
  const auto replayed = replay(world, "o1", log::kNow);
  ASSERT_FALSE(replayed);
  EXPECT_EQ(replayed.error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(replay(world, "o0", log::kNow));
}

// Why a moment is gone is not guessed either, from what could not be read.
TEST(Retention, AReadThatFailsDoesNotMakeAMomentGone) {
  TestWorld world;
  RandomHistory history(world, 8);
  history.write(40);
  keep_last(world, 5);
  retain_all(world);
  ASSERT_EQ(replay(world, "o1", 20).error().code, ErrorCode::kNotFound);
  int refused = 0;
  for (int failing = 0; failing < 4; ++failing) {
    int reads = 0;
    world.store.fail_reads([&](const std::string&) -> std::optional<Error> {
      if (reads++ != failing) return std::nullopt;
      return Error{ErrorCode::kIo, "the disk failed"};
    });
    const ErrorCode code = replay(world, "o1", 20).error().code;
    EXPECT_TRUE(code == ErrorCode::kIo || code == ErrorCode::kNotFound) << failing;
    refused += code == ErrorCode::kIo ? 1 : 0;
  }
  // A snapshot, the events, a snapshot once more; events that are read ahead are not waited for.
  EXPECT_EQ(refused, 3);
}

// What is pinned is not gone: it is damaged, and that is another thing to do about.
TEST(Retention, ADamagedPinIsNotCalledDropped) {
  TestWorld world;
  RandomHistory history(world, 9);
  history.write(40);
  pin(world, "p", 20);
  keep_last(world, 5);
  retain_all(world);
  log::Position last = 0;
  for (const log::Event& event : events_of(world))
    if (event.object == "o1" && event.position <= 20) last = event.position;
  ASSERT_GT(last, 0u);
  EXPECT_TRUE(replay(world, "o1", 20));
  EXPECT_EQ(replay(world, "o1", last - 1).error().code, ErrorCode::kNotFound);
  world.store.damage_snapshot("w", "o1", last);
  EXPECT_EQ(replay(world, "o1", 20).error().code, ErrorCode::kCorrupt);
}

// What is damaged stays so: that object keeps its payloads, and the turn goes on without it.
TEST(Retention, AnObjectThatCannotBeReplayedKeepsItsPayloads) {
  TestWorld world;
  RandomHistory history(world, 11);
  history.write(40);
  append_nonsense(world, "o1");
  raise_floor(world, end_of(world));
  const auto swept = turn(world, 100);
  ASSERT_TRUE(swept) << swept.error().message;
  EXPECT_EQ(swept->unreadable, std::vector<std::string>{"o1"});
  EXPECT_TRUE(swept->done);
  for (const log::Event& event : events_of(world))
    EXPECT_EQ(event.dropped_payload.has_value(), event.object != "o1");
}

// What passes is no reason to keep anything: the turn fails, and the next one goes on at its place.
TEST(Retention, AReadThatFailsIsTriedAgain) {
  for (const ErrorCode code : {ErrorCode::kIo, ErrorCode::kUnavailable}) {
    TestWorld world;
    RandomHistory history(world, 11);
    history.write(40);
    keep_last(world, 5);
    world.store.fail_reads([code](const std::string& object) -> std::optional<Error> {
      if (object != "o1") return std::nullopt;
      return Error{code, "not now"};
    });
    const auto failed = turn(world, 100);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error(), (Error{code, "reading workspace w: not now"}));
    for (const log::Event& event : events_of(world)) EXPECT_FALSE(event.dropped_payload);
    world.store.fail_reads({});
    EXPECT_EQ(retain_all(world), end_of(world) - 6);
    for (const log::Event& event : events_of(world))
      EXPECT_EQ(event.dropped_payload.has_value(), event.position <= end_of(world) - 6);
  }
}

// A worker has read the snapshot of an object and not yet the events after it, when another turn
// raises the floor and drops these. Nothing is wrong with the object, and all payloads must go in the
// end.
TEST(Retention, ATurnThatAnotherOneOvertakesLeavesNoPayloadBehind) {
  testing::HandJobs jobs;
  TestWorld world;
  RandomHistory history(world, 11);
  history.write(40);
  keep_last(world, 20);
  retain_all(world);
  history.write(40);
  keep_last(world, 5);
  const ReplaySources slow(*world.log, world.sources.types,
                           OffLoop{jobs, world.home, {.bytes = 1}});
  std::optional<Result<RetentionTurn>> overtaken;
  retain(slow, "w", world.loop.unix_ms(), 100,
         [&](Result<RetentionTurn> turn) { overtaken = std::move(turn); });
  world.loop.run();
  ASSERT_EQ(jobs.waiting(), std::vector<std::string>{"replay"});
  history.write(20);
  const auto other = turn(world, 30);
  ASSERT_TRUE(other);
  EXPECT_GT(other->events, 0u);
  while (!jobs.waiting().empty()) {
    jobs.run_next(world.loop, slow);
    world.loop.run();
  }
  ASSERT_TRUE(overtaken && *overtaken);
  EXPECT_TRUE((*overtaken)->unreadable.empty());
  EXPECT_EQ((*overtaken)->swept_to, other->swept_to);
  retain_all(world);
  for (const log::Event& event : events_of(world)) {
    if (log::is_system_object(event.object) || event.position > other->floor) continue;
    EXPECT_TRUE(event.dropped_payload) << event.position;
  }
}

// To find a time reads whole events. A worker does that, where reading is charged.
TEST(Retention, AWorkerFindsTheTimeOfARule) {
  testing::HandJobs jobs;
  TestWorld world;
  RandomHistory history(world, 12);
  history.write(10);
  world.loop.advance(10'000);
  history.write(10);
  set_rule(world, {.keep_ms = 5'000});
  const ReplaySources there(*world.log, world.sources.types, OffLoop{jobs, world.home});
  std::optional<Result<RetentionTurn>> done;
  retain(there, "w", world.loop.unix_ms(), 100,
         [&](Result<RetentionTurn> turn) { done = std::move(turn); });
  world.loop.run();
  ASSERT_EQ(jobs.waiting(), std::vector<std::string>{"moment"});
  EXPECT_FALSE(done);
  jobs.run_next(world.loop, there);
  world.loop.run();
  ASSERT_TRUE(done && *done);
  EXPECT_GT((*done)->floor, 0u);
  EXPECT_LT((*done)->floor, end_of(world));
  // A rule that counts finds its place without one.
  set_rule(world, {.keep_last = 5});
  done.reset();
  retain(there, "w", world.loop.unix_ms(), 100,
         [&](Result<RetentionTurn> turn) { done = std::move(turn); });
  world.loop.run();
  EXPECT_TRUE(jobs.waiting().empty());
  EXPECT_TRUE(done && *done);
}

// Whoever evicts an object knows nothing of the milestone that retention has made of it meanwhile.
TEST(Retention, AnEvictionDoesNotUndoAMilestone) {
  TestWorld world;
  RandomHistory history(world, 10);
  history.write(40);
  keep_last(world, 1);
  retain_all(world);
  const log::Position floor = end_of(world) - 1;
  for (const std::string object : {"o0", "o1"}) {
    const auto then = replay(world, object, floor);
    ASSERT_TRUE(then);
    for (const log::Position at : {then->position, end_of(world)})
      ASSERT_TRUE(ask<void>(world, [&](auto done) {
        world.log->snapshots().put_snapshot(
            "w", object, {at, replay(world, object, at)->object->snapshot(), 9, 0},
            std::move(done));
      }));
  }
  expect_model(world, history, floor);
}

}  // namespace
}  // namespace syncline::state
