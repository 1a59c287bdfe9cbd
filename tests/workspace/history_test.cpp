// The past, as the log has it: every position of random histories against a model, through
// snapshots, eviction and restart; how milestones are spaced; moments.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "state/author_index.h"
#include "state/blame.h"
#include "state/changes.h"
#include "syncline/crdt/any.h"
#include "workspace/random_history.h"

namespace syncline::state {
namespace {

TEST(History, TheStateAtEveryPositionIsTheModels) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    // Small bounds: many milestones, and eviction all the time.
    TestWorld world(MemoryStore::CommitMode::kAtOnce,
                    {.budget_bytes = seed % 2 == 0 ? std::size_t{1} : std::size_t{1} << 20,
                     .snapshot_min_bytes = 300 * seed,
                     .evict_snapshot_events = seed});
    RandomHistory history(world, seed);
    history.write(150);
    ASSERT_GT(world.cache.counters().snapshots, 5u);
    expect_model(world, history);
    // Another life of the server, then damage.
    world.cache.forget("w");
    history.write(50);
    expect_model(world, history);
    const auto kept = snapshots_of(world, "o1").newest_first.size();
    ASSERT_GT(kept, 1u);
    world.store.damage_snapshot("w", "o1");
    expect_model(world, history);
  }
}

TEST(History, ADamagedMilestoneIsMadeAnew) {
  TestWorld world(MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 1000});
  RandomHistory history(world, 7);
  history.write(120);
  const auto before = snapshots_of(world, "o0").newest_first;
  ASSERT_GT(before.size(), 2u);
  const log::Position position = before[1].position;
  world.store.damage_snapshot("w", "o0", position);
  EXPECT_EQ(snapshots_of(world, "o0").newest_first.size(), before.size() - 1);
  const auto replayed = replay(world, "o0", position);
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_TRUE(replayed->damaged_snapshot);
  EXPECT_EQ(replayed->object->to_json(),
            merge::doc_type().restore(before[1].bytes).value()->to_json());
  const auto after = snapshots_of(world, "o0").newest_first;
  ASSERT_EQ(after.size(), before.size());
  EXPECT_EQ(after[1].bytes, before[1].bytes);
  EXPECT_EQ(replay(world, "o0", position)->replayed_events, 0u);
  // With no sound one left, all of the log does.
  world.store.damage_snapshot("w", "o0");
  EXPECT_EQ(replay(world, "o0", position)->object->to_json(), replayed->object->to_json());
}

TEST(History, ASnapshotThatIsNoStateIsPassedOver) {
  TestWorld world(MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 1000});
  RandomHistory history(world, 7);
  history.write(120);
  const auto before = snapshots_of(world, "o0").newest_first;
  ASSERT_GT(before.size(), 2u);
  const log::Snapshot& milestone = before[1];
  const log::Position at = before[0].position - 1;
  const auto sound = replay(world, "o0", at);
  ASSERT_GT(sound->replayed_events, 0u);
  // Its checksum is right, and events follow it.
  ASSERT_TRUE(ask<void>(world, [&](auto done) {
    world.log->snapshots().put_snapshot("w", "o0", {milestone.position, {1, 2, 3}, 0},
                                        std::move(done));
  }));
  const auto replayed = replay(world, "o0", at);
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_TRUE(replayed->damaged_snapshot);
  EXPECT_EQ(replayed->position, sound->position);
  EXPECT_EQ(replayed->object->to_json(), sound->object->to_json());
  EXPECT_EQ(snapshots_of(world, "o0").newest_first[1].bytes, milestone.bytes);
}

// Both bounds that object_replay.h gives.
TEST(History, MilestonesAreFewAndNoReplayIsLong) {
  constexpr std::size_t kMinBytes = 4000;
  TestWorld world(MemoryStore::CommitMode::kAtOnce,
                  {.snapshot_min_bytes = kMinBytes, .evict_snapshot_events = 20});
  Typist typist(5);
  std::mt19937 dice(3);
  std::uint64_t log_bytes = 0;
  for (int i = 0; i < 6000; ++i) {
    const std::uint32_t length = typist.doc().text("content").length();
    submit(world, "o", typist.insert(dice() % (length + 1), "word "));
    if (i % 37 == 0) world.cache.forget("w");
  }
  const auto events = ask<std::vector<log::Event>>(world, [&](auto done) {
                        world.log->events().read(
                            "w", 0, {.max_events = 1 << 20, .max_bytes = 1 << 30}, std::move(done));
                      }).value();
  ASSERT_EQ(events.size(), 6000u);
  std::vector<std::uint64_t> bytes_before{0};  // of the records up to a position
  for (const log::Event& event : events)
    bytes_before.push_back(bytes_before.back() + log::record_bytes(event));
  log_bytes = bytes_before.back();
  const auto kept = snapshots_of(world, "o");
  EXPECT_LT(kept.bytes, 2 * log_bytes);
  EXPECT_GT(kept.newest_first.size(), 5u);
  std::uint64_t longest = 0;
  for (log::Position at = 1; at <= 6000; at += 97) {
    const auto replayed = replay(world, "o", at);
    ASSERT_TRUE(replayed);
    ASSERT_EQ(replayed->position, at);
    const std::uint64_t bytes = bytes_before[at] - bytes_before[replayed->snapshot_position];
    longest = std::max(longest, bytes);
    ASSERT_LE(bytes, std::max<std::uint64_t>(kMinBytes, replayed->snapshot_bytes) + 400);
  }
  RecordProperty("snapshots", static_cast<int>(kept.newest_first.size()));
  RecordProperty("snapshot_bytes", static_cast<int>(kept.bytes));
  RecordProperty("log_bytes", static_cast<int>(log_bytes));
  RecordProperty("longest_replay_bytes", static_cast<int>(longest));
}

// Applies what a page of changes tells of the text "content".
void apply_told(std::string& text, const std::string& told) {
  const auto changes = crdt::from_json(told).value();
  for (const crdt::Any& change : std::get<crdt::Any::Array>(changes.value())) {
    ASSERT_EQ(std::get<std::string>(change.find("path")->value()), "content");
    std::size_t at = 0;
    for (const crdt::Any& step : std::get<crdt::Any::Array>(change.find("delta")->value())) {
      if (const auto* kept = step.find("retain"))
        at += static_cast<std::size_t>(std::get<double>(kept->value()));
      if (const auto* gone = step.find("delete"))
        text.erase(at, static_cast<std::size_t>(std::get<double>(gone->value())));
      if (const auto* came = step.find("insert")) {
        text.insert(at, std::get<std::string>(came->value()));
        at += std::get<std::string>(came->value()).size();
      }
      ASSERT_LE(at, text.size());
    }
  }
}

std::string content_of(const std::string& json) {
  const auto state = crdt::from_json(json).value();
  const crdt::Any* content = state.find("content");
  const auto* text = content == nullptr ? nullptr : std::get_if<std::string>(&content->value());
  return text == nullptr ? "" : *text;
}

// What the changes tell leads from each state to the next, from whatever position they begin.
TEST(History, ChangesLeadFromStateToState) {
  for (unsigned seed = 21; seed <= 24; ++seed) {
    TestWorld world(MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 700});
    RandomHistory history(world, seed);
    history.write(120);
    for (const log::Position from : {0, 1, 17, 60, 119}) {
      std::map<std::string, std::string> texts;
      for (const char* object : {"o0", "o1", "o2"})
        texts[object] = content_of(replay(world, object, from)->object->to_json());
      log::Position after = from;
      while (after < 120) {
        const auto page = ask<ChangePage>(world, [&](auto done) {
          list_changes(world.sources, "w", "", after, 120, 13, std::move(done));
        });
        ASSERT_TRUE(page) << page.error().message;
        ASSERT_GT(page->next, after);
        after = page->next;
        for (const Change& change : page->changes) {
          std::string& text = texts[change.event.object];
          apply_told(text, change.told);
          const auto& model = history.model().at(change.event.position);
          ASSERT_EQ(text, content_of(model.at(change.event.object)))
              << "event " << change.event.position << ": " << change.told;
        }
      }
    }
  }
}

// An event that would take too long to tell ends the page, and hides nothing of the next.
TEST(History, WhatIsTooMuchToTellEndsThePage) {
  TestWorld world(MemoryStore::CommitMode::kAtOnce);
  Typist typist(1);
  submit(world, "o", typist.type(std::string(merge::kMaxToldBytes + 1, 'x')));
  const auto before = typist.doc().state_vector();
  ASSERT_TRUE(typist.doc().text("content").erase(0, merge::kMaxToldBytes));
  submit(world, "o", typist.doc().encode_state_as_update(before));
  const auto page = [&](log::Position after) {
    return ask<ChangePage>(world,
                           [&](auto done) {
                             list_changes(world.sources, "w", "", after, 2, 10, std::move(done));
                           })
        .value();
  };
  const ChangePage first = page(0);
  ASSERT_EQ(first.changes.size(), 1u);
  EXPECT_EQ(first.changes[0].told, "null");
  EXPECT_EQ(first.next, 1u);
  const ChangePage second = page(1);
  ASSERT_EQ(second.changes.size(), 1u);
  EXPECT_EQ(second.changes[0].told, R"([{"path":"content","delta":[{"delete":4194304}]}])");
}

// Against an attribution kept by hand, from what each event tells.
TEST(History, EveryCharacterHasItsEvent) {
  for (unsigned seed = 31; seed <= 34; ++seed) {
    TestWorld world(MemoryStore::CommitMode::kAtOnce, {.snapshot_min_bytes = 700});
    RandomHistory history(world, seed);
    history.write(120);
    AuthorIndexes indexes;
    ReplaySources sources = world.sources;
    if (seed % 2 == 0) sources.authors = &indexes;
    for (const log::Position at : {log::Position{40}, log::Position{120}, log::Position{90}}) {
      std::vector<log::Position> owners;
      const auto page = ask<ChangePage>(world, [&](auto done) {
        list_changes(world.sources, "w", "o1", 0, at, 1000, std::move(done));
      });
      ASSERT_TRUE(page);
      for (const Change& change : page->changes) {
        std::size_t place = 0;
        const auto changes = crdt::from_json(change.told).value();
        for (const crdt::Any& one : std::get<crdt::Any::Array>(changes.value())) {
          for (const crdt::Any& step : std::get<crdt::Any::Array>(one.find("delta")->value())) {
            if (const auto* kept = step.find("retain"))
              place += static_cast<std::size_t>(std::get<double>(kept->value()));
            if (const auto* gone = step.find("delete")) {
              const auto first = owners.begin() + static_cast<std::ptrdiff_t>(place);
              owners.erase(first,
                           first + static_cast<std::ptrdiff_t>(std::get<double>(gone->value())));
            }
            if (const auto* came = step.find("insert")) {
              const std::size_t count = std::get<std::string>(came->value()).size();
              owners.insert(owners.begin() + static_cast<std::ptrdiff_t>(place), count,
                            change.event.position);
              place += count;
            }
          }
        }
      }
      const auto blame = ask<Blame>(
          world, [&](auto done) { blame_object(sources, "w", "o1", at, std::move(done)); });
      ASSERT_TRUE(blame) << blame.error().message;
      ASSERT_EQ(blame->texts.size(), 1u);
      std::vector<log::Position> blamed;
      std::string shown;
      for (const BlamedRun& run : blame->texts[0].runs) {
        blamed.insert(blamed.end(), run.text.size(), run.position);
        shown += run.text;
        EXPECT_EQ(run.principal, "ann");
      }
      EXPECT_EQ(shown, content_of(replay(world, "o1", at)->object->to_json()));
      EXPECT_EQ(blamed, owners) << "seed " << seed << " at " << at;
    }
  }
}

TEST(History, MomentsArePositionsTimesAndPins) {
  TestWorld world;
  EXPECT_EQ(moment(world, "").value(), 0u);
  EXPECT_EQ(moment(world, "2026-01-31").value(), 0u);
  Typist typist(1);
  std::vector<std::uint64_t> times;
  for (int i = 0; i < 40; ++i) {
    submit(world, "o", typist.type("a"));
    times.push_back(
        ask<log::Head>(world, [&](auto done) { world.log->events().head("w", std::move(done)); })
            .value()
            .hlc.unix_ms());
    world.loop.advance(250);
  }
  EXPECT_EQ(moment(world, "now").value(), 40u);
  EXPECT_EQ(moment(world, "0").value(), 0u);
  EXPECT_EQ(moment(world, "40").value(), 40u);
  EXPECT_EQ(moment(world, "41").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(moment(world, "release").error().code, ErrorCode::kNotFound);
  for (std::size_t i = 0; i < times.size(); ++i) {
    for (const std::uint64_t late : {0, 249}) {
      const auto found = ask<log::Position>(world, [&](auto done) {
        resolve_moment(world.log->events(), world.log->pins(), "w", Instant{times[i] + late},
                       std::move(done));
      });
      EXPECT_EQ(found.value(), i + 1);
    }
  }
  EXPECT_EQ(ask<log::Position>(world,
                               [&](auto done) {
                                 resolve_moment(world.log->events(), world.log->pins(), "w",
                                                Instant{times[0] - 1}, std::move(done));
                               })
                .value(),
            0u);
  ASSERT_TRUE(ask<workspace::Receipt>(world, [&](auto done) {
    world.host.get("w").change_rules(testing::ann(), identity::Right::kPin,
                                     log::SetPin{"release", 7}, "", std::move(done));
  }));
  EXPECT_EQ(moment(world, "release").value(), 7u);
}

// The clock of the server was ahead twice. A time then means the last era that began before it.
TEST(History, TimesAreFoundAfterAClockThatWasAhead) {
  constexpr std::uint64_t kYear = 365ull * 24 * 3600 * 1000;
  TestWorld world;
  Typist typist(1);
  const auto write = [&](int count, std::uint64_t ahead_ms) {
    world.loop.ahead_ms = ahead_ms;
    for (int i = 0; i < count; ++i) {
      submit(world, "o", typist.type("a"));
      world.loop.advance(1000);
    }
  };
  const auto at = [&](std::uint64_t unix_ms) {
    return ask<log::Position>(world,
                              [&](auto done) {
                                resolve_moment(world.log->events(), world.log->pins(), "w",
                                               Instant{unix_ms}, std::move(done));
                              })
        .value();
  };
  const std::uint64_t begin = world.loop.unix_ms();
  write(5, 0);
  write(4, 10 * kYear);
  const std::uint64_t back = world.loop.unix_ms() - 10 * kYear;
  EXPECT_EQ(at(back), 5u) << "nothing was written since";
  write(6, 0);
  EXPECT_EQ(at(world.loop.unix_ms()), 15u) << "now";
  write(1, 20 * kYear);
  write(7, 0);
  EXPECT_EQ(at(world.loop.unix_ms()), 23u);
  EXPECT_EQ(world.counters.eras, 2u);

  EXPECT_EQ(at(begin), 1u);
  EXPECT_EQ(at(begin - 1), 0u);
  EXPECT_EQ(at(begin + 4999), 5u);
  EXPECT_EQ(at(back - 1), 5u) << "while the clock was ahead";
  for (std::uint64_t i = 0; i < 6; ++i) EXPECT_EQ(at(back + i * 1000), 10 + i);
  EXPECT_EQ(at(back + 6999), 15u);
  for (std::uint64_t i = 0; i < 7; ++i) EXPECT_EQ(at(back + (7 + i) * 1000), 17 + i);
  EXPECT_EQ(at(begin + 30 * kYear), 23u);

  // Stamps, which everything else relies on, only grow.
  const auto all = ask<std::vector<log::Event>>(
      world, [&](auto done) { world.log->events().read("w", 0, {}, std::move(done)); });
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 23u);
  for (std::size_t i = 1; i < all->size(); ++i) EXPECT_GT((*all)[i].hlc, (*all)[i - 1].hlc);
}

TEST(History, TimesAreReadStrictly) {
  const auto ms = [](std::string_view text) -> std::int64_t {
    const auto parsed = parse_moment(text);
    const auto* time = parsed ? std::get_if<Instant>(&*parsed) : nullptr;
    return time == nullptr ? -1 : static_cast<std::int64_t>(time->unix_ms);
  };
  EXPECT_EQ(ms("1970-01-02"), 86'400'000);
  EXPECT_EQ(ms("1970-01-01T00:01"), 60'000);
  EXPECT_EQ(ms("1970-01-01T00:00:01.5Z"), 1'500);
  EXPECT_EQ(ms("1970-01-01T01:00:00.123456+01:00"), 123);
  EXPECT_EQ(ms("1969-12-31T23:00:00-02:00"), 3'600'000);
  EXPECT_EQ(ms("2024-02-29T12:00:00Z"), 1'709'208'000'000);
  for (const char* bad : {"2023-02-29", "1970-13-01", "1970-1-1", "1970-01-01T", "1970-01-01T24:00",
                          "1970-01-01T00:00:00+1", "1970-01-01x", "-970-01-01", "1970-01--1"}) {
    EXPECT_FALSE(parse_moment(bad)) << bad;
  }
  EXPECT_FALSE(parse_moment("99999999999999999999999"));
  EXPECT_FALSE(parse_moment("a/b"));
}

}  // namespace
}  // namespace syncline::state
