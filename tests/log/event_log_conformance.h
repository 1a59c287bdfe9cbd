// What every store must do. An implementation instantiates the suite with a Fixture:
//
//   struct Fixture {
//     std::unique_ptr<log::LoopStore> open(Scheduler& loop);  // another EventLog over the same
//     store void restart();  // what is durable stays; only when no LoopStore is open
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, EventLogConformance, Fixture);
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "log/blocking_log.h"
#include "log/event_log.h"
#include "log/test_loop.h"

namespace syncline::testing {

template <typename Fixture>
class EventLogConformance : public ::testing::Test {
 protected:
  EventLogConformance() { reopen(); }
  ~EventLogConformance() override { raw_.reset(); }

  void reopen() { raw_ = fixture_.open(loop_); }

  void restart() {
    raw_.reset();
    fixture_.restart();
    reopen();
  }

  BlockingLog log() { return BlockingLog(*raw_, loop_); }

  // `count` events for alternating objects a and b, sealed after `chain`.
  static std::vector<log::EncodedEvent> batch(TestChain& chain, int count,
                                              std::size_t payload = 0) {
    std::vector<log::EncodedEvent> events;
    for (int index = 0; index < count; ++index) {
      const auto position = chain.head().last_position + 1;
      auto event = sample_event(position % 2 == 1 ? "a" : "b", std::to_string(position), payload);
      events.push_back(std::move(chain.seal(event, 1'700'000'000'000).value()));
    }
    return events;
  }

  TestLoop loop_;
  Fixture fixture_;
  std::unique_ptr<log::LoopStore> raw_;
};

TYPED_TEST_SUITE_P(EventLogConformance);

TYPED_TEST_P(EventLogConformance, AWorkspaceThatIsNotThereIsEmpty) {
  EXPECT_EQ(this->log().head("w").value(), log::Head{});
  EXPECT_TRUE(this->log().read("w").value().empty());
  EXPECT_TRUE(this->log().read_object("w", "a").value().empty());
  EXPECT_FALSE(this->log().load_snapshot("w", "a").value().has_value());
  EXPECT_TRUE(this->log().workspaces().value().empty());
  EXPECT_TRUE(this->log().objects("w").value().empty());
}

TYPED_TEST_P(EventLogConformance, WhatIsAppendedIsReadBackAlsoAfterARestart) {
  TestChain chain;
  const auto appended = this->log().append("w", this->batch(chain, 5), 0);
  ASSERT_TRUE(appended.has_value()) << appended.error().message;
  EXPECT_EQ(appended->last_position, 5u);
  EXPECT_EQ(appended->durability, this->raw_->events().durability());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->log().head("w").value(), chain.head());
    const auto events = this->log().read("w").value();
    ASSERT_EQ(events.size(), 5u);
    for (std::size_t index = 0; index < 5; ++index) {
      EXPECT_EQ(events[index].position, index + 1);
      EXPECT_EQ(as_text(events[index].intent), std::to_string(index + 1));
      EXPECT_EQ(events[index].previous_hash, index > 0 ? events[index - 1].hash : Hash256{});
    }
    this->restart();
  }
}

TYPED_TEST_P(EventLogConformance, AppendsAtTheWrongPlaceChangeNothing) {
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 2), 0).has_value());

  TestChain from_start;
  EXPECT_EQ(this->log().append("w", this->batch(from_start, 1), 0).error().code,
            ErrorCode::kConflict);
  TestChain from_beyond(log::Head{7, chain.head().last_hash, {}});
  EXPECT_EQ(this->log().append("w", this->batch(from_beyond, 1), 7).error().code,
            ErrorCode::kConflict);
  TestChain other_history(log::Head{2, Hash256{1}, {}});
  EXPECT_EQ(this->log().append("w", this->batch(other_history, 1), 2).error().code,
            ErrorCode::kConflict);
  TestChain not_created(log::Head{4, {}, {}});
  EXPECT_EQ(this->log().append("new", this->batch(not_created, 1), 4).error().code,
            ErrorCode::kConflict);

  EXPECT_EQ(this->log().head("w").value(), chain.head());
  EXPECT_EQ(this->log().workspaces().value(), std::vector<std::string>{"w"});
}

TYPED_TEST_P(EventLogConformance, AppendsThatMakeNoSenseAreInvalid) {
  EXPECT_EQ(this->log().append("w", {}, 0).error().code, ErrorCode::kInvalid);
  TestChain chain;
  auto events = this->batch(chain, 3);
  events.erase(events.begin() + 1);
  EXPECT_EQ(this->log().append("w", std::move(events), 0).error().code, ErrorCode::kInvalid);
  TestChain second;
  EXPECT_EQ(this->log().append("w", this->batch(second, 1), 3).error().code, ErrorCode::kInvalid);
  TestChain third;
  EXPECT_EQ(this->log().append("", this->batch(third, 1), 0).error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(this->log().workspaces().value().empty());
}

TYPED_TEST_P(EventLogConformance, GroupsAreTakenWholeOrNotAtAll) {
  const auto sealed = [](TestChain& chain, std::vector<log::Group> places) {
    std::vector<log::EncodedEvent> events;
    for (const log::Group& place : places) {
      auto event = sample_event(place.index % 2 == 0 ? "a" : "b", "grouped");
      event.group = place;
      events.push_back(chain.seal(event, 1'700'000'000'000).value());
    }
    return events;
  };
  for (const auto& places : std::vector<std::vector<log::Group>>{{{}, {0, 3}, {1, 3}},
                                                                 {{0, 2}, {}},
                                                                 {{0, 2}, {0, 2}},
                                                                 {{0, 3}, {1, 2}},
                                                                 {{}, {0, 3}, {2, 3}, {}}}) {
    TestChain chain;
    EXPECT_EQ(this->log().append("w", sealed(chain, places), 0).error().code, ErrorCode::kInvalid);
  }
  EXPECT_EQ(this->log().head("w").value(), log::Head{});
  TestChain chain;
  ASSERT_TRUE(
      this->log().append("w", sealed(chain, {{}, {0, 2}, {1, 2}, {0, 3}, {1, 3}, {2, 3}}), 0));
  EXPECT_EQ(this->log().append("w", sealed(chain, {{1, 2}}), 6).error().code, ErrorCode::kInvalid);
  const auto events = this->log().read("w").value();
  ASSERT_EQ(events.size(), 6u);
  EXPECT_EQ(events[4].group, (log::Group{1, 3}));
}

// What Syncline 0.1 wrote, and what comes behind it.
TYPED_TEST_P(EventLogConformance, AnOldLogGoesOnWithNewRecords) {
  log::Head head;
  std::vector<log::EncodedEvent> old;
  for (log::Position position = 1; position <= 3; ++position) {
    auto event = sample_event("a", "old");
    event.version = log::kUnsaltedVersion;
    event.generation = 0;
    event.position = position;
    event.hlc = HlcStamp::of(1000 + position, 0);
    event.previous_hash = head.last_hash;
    old.push_back(log::encode_event(event).value());
    head = {position, old.back().hash, event.hlc};
  }
  ASSERT_TRUE(this->log().append("w", std::move(old), 0).has_value());
  EXPECT_EQ(this->log().head("w").value(), head);
  TestChain chain(head);
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 2), 3).has_value());
  this->restart();
  const auto events = this->log().read("w").value();
  ASSERT_EQ(events.size(), 5u);
  for (const log::Event& event : events) {
    EXPECT_EQ(event.version, event.position <= 3 ? 1 : 2);
    EXPECT_EQ(event.generation, event.position <= 3 ? 0u : 1u);
    EXPECT_EQ(event.salt == log::Salt{}, event.position <= 3);
  }
}

TYPED_TEST_P(EventLogConformance, AppendsMayFollowOneAnotherUnanswered) {
  TestChain chain;
  std::vector<log::Position> answered;
  for (int index = 0; index < 20; ++index) {
    const auto expected = chain.head().last_position;
    this->raw_->events().append("w", {.events = this->batch(chain, 3), .after = expected},
                                [&](Result<log::Appended> result) {
                                  ASSERT_TRUE(result.has_value()) << result.error().message;
                                  answered.push_back(result->last_position);
                                });
  }
  ASSERT_TRUE(this->loop_.run_until([&] { return answered.size() == 20; }));
  for (std::size_t index = 0; index < 20; ++index) EXPECT_EQ(answered[index], 3 * (index + 1));
  EXPECT_EQ(this->log().read("w").value().size(), 60u);
}

TYPED_TEST_P(EventLogConformance, WhatFollowsAFailedAppendFailsToo) {
  TestChain chain;
  auto first = this->batch(chain, 1);
  auto second = this->batch(chain, 1);
  auto third = this->batch(chain, 1);
  std::vector<bool> stored;
  const auto note = [&](Result<log::Appended> result) { stored.push_back(result.has_value()); };
  this->raw_->events().append("w", {.events = std::move(first)}, note);
  this->raw_->events().append("w", {.events = std::move(third), .after = 2},
                              note);  // the second is missing
  ASSERT_TRUE(this->loop_.run_until([&] { return stored.size() == 2; }));
  EXPECT_EQ(stored, (std::vector<bool>{true, false}));
  EXPECT_EQ(this->log().head("w").value().last_position, 1u);
  EXPECT_TRUE(this->log().append("w", std::move(second), 1).has_value());
}

TYPED_TEST_P(EventLogConformance, ReadsStopAtTheirLimitsAndGoOnFromThere) {
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 10, 1000), 0).has_value());
  EXPECT_EQ(this->log().read("w", 3, {.to = 5}).value().size(), 2u);
  EXPECT_EQ(this->log().read("w", 5, {.to = 5}).value().size(), 0u);
  EXPECT_EQ(this->log().read("w", 0, {.max_events = 4}).value().size(), 4u);
  EXPECT_EQ(this->log().read("w", 0, {.max_bytes = 2500}).value().size(), 2u);
  EXPECT_EQ(this->log().read("w", 0, {.max_bytes = 1}).value().size(), 1u);
  EXPECT_TRUE(this->log().read("w", 10).value().empty());
  EXPECT_TRUE(this->log().read("w", 99).value().empty());

  log::Position last = 0;
  for (;;) {
    const auto some = this->log().read("w", last, {.max_events = 3}).value();
    if (some.empty()) break;
    EXPECT_EQ(some.front().position, last + 1);
    last = some.back().position;
  }
  EXPECT_EQ(last, 10u);
}

TYPED_TEST_P(EventLogConformance, OneObjectIsReadWithoutTheOthers) {
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 9), 0).has_value());
  ASSERT_TRUE(this->log().add("v", sample_event("a", "elsewhere")).has_value());
  const auto positions = [&](const std::string& object, log::Position after = 0,
                             log::ReadLimits limits = {}) {
    std::vector<log::Position> found;
    const auto events = this->log().read_object("w", object, after, limits).value();
    for (const auto& event : events) found.push_back(event.position);
    return found;
  };
  using Positions = std::vector<log::Position>;
  EXPECT_EQ(positions("a"), (Positions{1, 3, 5, 7, 9}));
  EXPECT_EQ(positions("b"), (Positions{2, 4, 6, 8}));
  EXPECT_EQ(positions("a", 3), (Positions{5, 7, 9}));
  EXPECT_EQ(positions("a", 4, {.to = 8}), (Positions{5, 7}));
  EXPECT_EQ(positions("a", 0, {.max_events = 2}), (Positions{1, 3}));
  EXPECT_EQ(positions("ab"), Positions{});
}

TYPED_TEST_P(EventLogConformance, TheNewestSnapshotIsKept) {
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 6), 0).has_value());
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 3, "three").has_value());
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 5, "five").has_value());
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 1, "one").has_value());
  ASSERT_TRUE(this->log().put_snapshot("w", "b", 2, "").has_value());
  for (int round = 0; round < 2; ++round) {
    const auto a = this->log().load_snapshot("w", "a").value();
    ASSERT_TRUE(a.has_value());
    EXPECT_EQ(a->position, 5u);
    EXPECT_EQ(as_text(a->bytes), "five");
    const auto b = this->log().load_snapshot("w", "b").value();
    ASSERT_TRUE(b.has_value());
    EXPECT_EQ(b->position, 2u);
    EXPECT_TRUE(b->bytes.empty());
    EXPECT_FALSE(this->log().load_snapshot("w", "ab").value().has_value());
    this->restart();
  }
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 5, "again").has_value());
  EXPECT_EQ(as_text(this->log().load_snapshot("w", "a").value()->bytes), "again");
}

TYPED_TEST_P(EventLogConformance, AnOwnerThatWasReplacedAppendsNothing) {
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 1), 0, 3).has_value());
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 1), 1, 3).has_value());
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 1), 2, 5).has_value());
  const log::Head head = chain.head();
  for (int round = 0; round < 2; ++round) {
    for (const std::uint64_t epoch : {0, 3, 4}) {
      TestChain former(head);
      const auto refused = this->log().append("w", this->batch(former, 1), 3, epoch);
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().code, ErrorCode::kFenced) << epoch;
    }
    // Also one that has not seen where the log ends by now.
    TestChain stale;
    EXPECT_EQ(this->log().append("w", this->batch(stale, 1), 0, 4).error().code,
              ErrorCode::kFenced);
    EXPECT_EQ(this->log().head("w").value(), head);
    this->restart();
  }
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 1), 3, 5).has_value());
  TestChain other;
  ASSERT_TRUE(this->log().append("v", this->batch(other, 1), 0).has_value());  // its own epochs
  // One that is refused for another reason takes nobody's place.
  TestChain gap(log::Head{9, {}, {}});
  EXPECT_EQ(this->log().append("w", this->batch(gap, 1), 9, 7).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(this->log().append("w", this->batch(chain, 1), 4, 5).has_value());
}

TYPED_TEST_P(EventLogConformance, AnEventOfAnotherLogIsTakenOverOnce) {
  const auto ingest = [&](TestChain& chain,
                          std::vector<std::pair<std::string, log::Position>> from) {
    std::vector<log::EncodedEvent> events;
    const log::Position after = chain.head().last_position;
    TestChain next = chain;
    for (const auto& [region, position] : from) {
      auto event = sample_event("a", region);
      if (position > 0) event.origin = log::Origin{region, position};
      events.push_back(next.seal(event, 1'700'000'000'000).value());
    }
    auto appended = this->log().append("w", std::move(events), after);
    if (appended) chain = next;
    return appended;
  };
  EXPECT_EQ(this->log().ingested("w", "us").value(), 0u);
  TestChain chain;
  EXPECT_EQ(ingest(chain, {{"us", 4}, {"us", 4}}).error().code, ErrorCode::kConflict);
  EXPECT_EQ(this->log().head("w").value(), log::Head{});
  ASSERT_TRUE(ingest(chain, {{"us", 4}, {"", 0}, {"us", 9}, {"eu", 1}}));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->log().ingested("w", "us").value(), 9u);
    EXPECT_EQ(this->log().ingested("w", "eu").value(), 1u);
    EXPECT_EQ(this->log().ingested("w", "u").value(), 0u);
    EXPECT_EQ(this->log().ingested("v", "us").value(), 0u);
    EXPECT_EQ(ingest(chain, {{"us", 9}}).error().code, ErrorCode::kConflict);
    EXPECT_EQ(ingest(chain, {{"eu", 2}, {"us", 5}}).error().code, ErrorCode::kConflict);
    EXPECT_EQ(this->log().head("w").value(), chain.head());
    this->restart();
  }
  ASSERT_TRUE(ingest(chain, {{"eu", 2}, {"us", 10}}));
  EXPECT_EQ(this->log().ingested("w", "eu").value(), 2u);
  const auto events = this->log().read("w").value();
  EXPECT_EQ(events[0].origin, (log::Origin{"us", 4}));
  EXPECT_FALSE(events[1].origin);
}

TYPED_TEST_P(EventLogConformance, ASnapshotSaysItsTypeAndGeneration) {
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 6), 0).has_value());
  const auto put = [&](log::Position position, log::Position base, std::string type) {
    log::Snapshot snapshot{position, to_bytes(as_bytes("state")), base == 0 ? 0u : 5u, 0};
    snapshot.base = base;
    snapshot.type = std::move(type);
    snapshot.generation = 300;
    return await<void>(this->loop_, [&](auto done) {
      this->raw_->snapshots().put_snapshot("w", "a", std::move(snapshot), std::move(done));
    });
  };
  EXPECT_EQ(put(1, 0, std::string(65, 't')).error().code, ErrorCode::kInvalid);
  ASSERT_TRUE(put(1, 0, "a type that nobody knows"));
  ASSERT_TRUE(put(3, 1, "doc"));
  this->restart();
  const auto whole = this->log().load_snapshot("w", "a", 2).value();
  EXPECT_EQ(whole->type, "a type that nobody knows");
  EXPECT_EQ(whole->generation, 300u);
  const auto delta = this->log().load_snapshot("w", "a").value();
  EXPECT_EQ(delta->type, "doc");
  EXPECT_EQ(delta->generation, 300u);
  EXPECT_EQ(as_text(delta->bytes), "state");
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 5, "untold").has_value());
  const auto untold = this->log().load_snapshot("w", "a").value();
  EXPECT_EQ(untold->type, "");
  EXPECT_EQ(untold->generation, 0u);
}

TYPED_TEST_P(EventLogConformance, MilestonesStayAndOthersMakeRoom) {
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 9), 0).has_value());
  const auto at = [&](log::Position position) {
    const auto found = this->log().load_snapshot("w", "a", position).value();
    return found ? found->position : 0;
  };
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 2, "two", 0).has_value());
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 3, "three", 10).has_value());
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 4, "four", 20).has_value());
  EXPECT_EQ(at(3), 2u);
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 6, "six", 0).has_value());
  // As an eviction does of what has not heard of the milestone.
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 6, "six", 5).has_value());
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 8, "eight", 7).has_value());
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 1, "one", 0).has_value());
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 5, "late", 3).has_value());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(at(log::kNow), 8u);
    EXPECT_EQ(at(7), 6u);
    EXPECT_EQ(at(5), 2u);
    EXPECT_EQ(at(1), 1u);
    EXPECT_EQ(at(0), 0u);
    EXPECT_EQ(this->log().load_snapshot("w", "a").value()->bytes_since_milestone, 7u);
    EXPECT_EQ(this->log().load_snapshot("w", "a", 6).value()->bytes_since_milestone, 0u);
    this->restart();
  }
}

TYPED_TEST_P(EventLogConformance, ADeltaComesWithTheMilestoneThatItExtends) {
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 12), 0).has_value());
  auto log = this->log();
  EXPECT_EQ(log.put_delta("w", "a", 5, 3, "+").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(log.put_snapshot("w", "a", 3, "three", 0).has_value());
  EXPECT_EQ(log.put_delta("w", "a", 3, 3, "+").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(log.put_delta("w", "a", 5, 7, "+").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(log.put_delta("w", "a", 5, 3, "+", 0).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(log.put_delta("w", "a", 5, 1, "+").error().code, ErrorCode::kConflict);
  EXPECT_EQ(log.put_delta("w", "a", 15, 3, "+").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(log.put_delta("w", "b", 5, 3, "+").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(log.put_delta("w", "a", 5, 3, "+five", 50).has_value());
  ASSERT_TRUE(log.put_delta("w", "a", 7, 3, "+seven", 70).has_value());
  // One that is refused takes nothing's place, an older one is not needed.
  EXPECT_EQ(log.put_delta("w", "a", 9, 1, "+").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(log.put_delta("w", "a", 5, 3, "+five", 50).has_value());
  for (int round = 0; round < 2; ++round) {
    const auto found = this->log().load_snapshot("w", "a").value();
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->position, 7u);
    EXPECT_EQ(as_text(found->bytes), "+seven");
    EXPECT_EQ(found->bytes_since_milestone, 70u);
    EXPECT_EQ(found->base, 3u);
    EXPECT_EQ(as_text(found->base_bytes), "three");
    EXPECT_EQ(found->damaged, 0u);
    const auto before = this->log().load_snapshot("w", "a", 6).value();
    EXPECT_EQ(before->position, 3u);
    EXPECT_EQ(before->base, 0u);
    this->restart();
  }
  // The next milestone takes its place, and is what the next delta extends.
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 9, "nine", 0).has_value());
  EXPECT_EQ(this->log().load_snapshot("w", "a", 8).value()->position, 3u);
  EXPECT_EQ(this->log().put_delta("w", "a", 11, 3, "+").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(this->log().put_delta("w", "a", 11, 9, "+eleven").has_value());
  EXPECT_EQ(as_text(this->log().load_snapshot("w", "a").value()->base_bytes), "nine");
  // And a whole state that of a delta.
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 11, "eleven", 5).has_value());
  EXPECT_EQ(this->log().load_snapshot("w", "a").value()->base, 0u);
}

TYPED_TEST_P(EventLogConformance, PinsAreKeptUntilTheyAreRemoved) {
  const log::Pin first{"release-1", 2, 1'700'000'000'000, "anna"};
  EXPECT_EQ(this->log().put_pin("w", first).error().code, ErrorCode::kInvalid);
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 3), 0).has_value());
  ASSERT_TRUE(this->log().put_pin("w", first).has_value());
  ASSERT_TRUE(this->log().put_pin("w", {"a", 3, 5, ""}).has_value());
  ASSERT_TRUE(this->log().put_pin("w", {"a", 1, 6, "bob"}).has_value());
  EXPECT_EQ(this->log().put_pin("w", {"b", 7, 5, ""}).error().code, ErrorCode::kInvalid);
  for (const char* bad : {"", "now", "1st", "a/b", "a b", "-a", "\xc3\xa9"})
    EXPECT_EQ(this->log().put_pin("w", {bad, 1, 5, ""}).error().code, ErrorCode::kInvalid) << bad;
  EXPECT_EQ(this->log().put_pin("w", {"b", 0, 5, ""}).error().code, ErrorCode::kNotFound);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->log().pins("w").value(), (std::vector<log::Pin>{{"a", 1, 6, "bob"}, first}));
    EXPECT_EQ(this->log().pins("w", "a").value(), std::vector<log::Pin>{first});
    EXPECT_EQ(this->log().pins("w", "", 1).value().size(), 1u);
    EXPECT_TRUE(this->log().pins("v").value().empty());
    EXPECT_EQ(this->log().pin("w", "release-1").value(), first);
    EXPECT_FALSE(this->log().pin("w", "release").value().has_value());
    this->restart();
  }
  ASSERT_TRUE(this->log().put_pin("w", {"a", 0, 0, ""}).has_value());
  EXPECT_EQ(this->log().pins("w").value(), std::vector<log::Pin>{first});
}

TYPED_TEST_P(EventLogConformance, RulesAndHoldsAreKeptAndRecorded) {
  using log::RetentionAct;
  EXPECT_EQ(this->log().retention("w").value(), log::Retention{});
  log::RetentionChange rule{
      .act = RetentionAct::kSetRule, .principal = "ann", .reason = "", .unix_ms = 5};
  rule.rule = {.keep_ms = 1000, .keep_last = 2};
  EXPECT_EQ(this->log().raise_floor("w", 1).error().code, ErrorCode::kNotFound);
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 6), 0).has_value());
  ASSERT_TRUE(this->log().change_retention("w", rule).has_value());
  log::RetentionChange hold{
      .act = RetentionAct::kHold, .principal = "bob", .reason = "", .unix_ms = 7};
  EXPECT_EQ(this->log().change_retention("w", hold).error().code, ErrorCode::kInvalid);
  hold.reason = "case 7";
  ASSERT_TRUE(this->log().change_retention("w", hold).has_value());
  EXPECT_EQ(this->log().change_retention("w", hold).error().code, ErrorCode::kConflict);
  EXPECT_EQ(this->log().raise_floor("w", 4).error().code, ErrorCode::kForbidden);
  for (int round = 0; round < 2; ++round) {
    const auto kept = this->log().retention("w").value();
    EXPECT_EQ(kept.rule, rule.rule);
    EXPECT_EQ(kept.hold, (log::Hold{"bob", "case 7", 7}));
    EXPECT_EQ(kept.floor, 0u);
    EXPECT_EQ(this->log().retained().value(), std::vector<std::string>{"w"});
    this->restart();
  }
  log::RetentionChange release{
      .act = RetentionAct::kRelease, .principal = "eve", .reason = "over", .unix_ms = 9};
  ASSERT_TRUE(this->log().change_retention("w", release).has_value());
  EXPECT_EQ(this->log().change_retention("w", release).error().code, ErrorCode::kConflict);
  const auto records = this->log().retention_records("w").value();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[1].number, 2u);
  EXPECT_EQ(records[1].change.act, RetentionAct::kHold);
  EXPECT_EQ(records[1].change.principal, "bob");
  EXPECT_EQ(records[1].change.reason, "case 7");
  EXPECT_EQ(records[2].change.act, RetentionAct::kRelease);
  EXPECT_EQ(this->log().retention_records("w", 1, 1).value().front().number, 2u);
}

TYPED_TEST_P(EventLogConformance, AnAppendWithABadRuleIsRefusedWhole) {
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 3), 0).has_value());
  const auto sealed = [&](TestChain& next, const log::RuleChange& change) {
    log::Event event = rule_event(change);
    return next.seal(event, 5).value();
  };
  const log::RuleChange pin{log::SetPin{"p", 2}, "ann", "", 5};
  const std::vector<std::pair<log::RuleChange, ErrorCode>> bad = {
      {{log::SetPin{"q", 5}, "ann", "", 5}, ErrorCode::kInvalid},
      {{log::RemovePin{"q"}, "ann", "", 5}, ErrorCode::kNotFound},
      {{log::ReleaseHold{}, "ann", "", 5}, ErrorCode::kConflict},
  };
  for (const auto& [change, code] : bad) {
    TestChain next = chain;
    std::vector<log::EncodedEvent> events;
    events.push_back(sealed(next, pin));
    events.push_back(sealed(next, change));
    EXPECT_EQ(this->log().append("w", std::move(events), 3).error().code, code);
    EXPECT_EQ(this->log().head("w")->last_position, 3u);
    EXPECT_TRUE(this->log().pins("w")->empty());
  }
  // An event of a system object that says something else.
  for (const bool type : {true, false}) {
    TestChain next = chain;
    log::Event event = rule_event(pin);
    (type ? event.type : event.object) = type ? "doc" : std::string(log::kRetentionObject);
    std::vector<log::EncodedEvent> events;
    events.push_back(next.seal(event, 5).value());
    EXPECT_EQ(this->log().append("w", std::move(events), 3).error().code, ErrorCode::kInvalid);
  }
  // Each is judged against those before it, in one append too.
  std::vector<log::EncodedEvent> events;
  events.push_back(sealed(chain, pin));
  events.push_back(sealed(chain, {log::SetPin{"q", 4}, "ann", "", 6}));
  events.push_back(sealed(chain, {log::RemovePin{"p"}, "ann", "", 7}));
  events.push_back(sealed(chain, {log::PutHold{}, "ann", "case 7", 8}));
  events.push_back(sealed(chain, {log::LiftQuarantine{"a", 1}, "ann", "", 9}));
  ASSERT_TRUE(this->log().append("w", std::move(events), 3).has_value());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->log().pins("w").value(), (std::vector<log::Pin>{{"q", 4, 6, "ann"}}));
    EXPECT_EQ(this->log().retention("w")->hold, (log::Hold{"ann", "case 7", 8}));
    EXPECT_TRUE(this->log().standing("w")->told);
    this->restart();
  }
}

TYPED_TEST_P(EventLogConformance, SystemObjectsAreListedOnRequestOnly) {
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 2), 0).has_value());
  ASSERT_TRUE(this->log().add("w", sample_event("!", "1")).has_value());
  ASSERT_TRUE(this->log().add("w", sample_event(".x", "1")).has_value());
  ASSERT_TRUE(this->log().put_pin("w", {"p", 1, 5, ""}).has_value());
  const std::vector<std::string> all{"!", ".x", "a", "b"};
  EXPECT_EQ(this->log().objects("w").value(), all);
  EXPECT_EQ(this->log().objects("w", "", "!").value(), (std::vector<std::string>{".x", "a", "b"}));
  EXPECT_EQ(this->log().objects("w", "", "", 2).value(), (std::vector<std::string>{"!", ".x"}));
  EXPECT_EQ(this->log().objects("w", ".").value(), std::vector<std::string>{".x"});
  EXPECT_EQ(this->log().objects("w", "./").value(), std::vector<std::string>{"./pins"});
}

// What Syncline 0.1 kept without events.
TYPED_TEST_P(EventLogConformance, APinOfBeforeMakesRoomForTheFirstEventsOfRules) {
  const log::Pin old{"old", 1, 5, "ann"};
  log::Event first = sample_event("a", "1");
  first.version = log::kUnsaltedVersion;
  first.generation = 0;
  first.position = 1;
  std::vector<log::EncodedEvent> events;
  events.push_back(log::encode_event(first).value());
  ASSERT_TRUE(this->log().append("w", std::move(events), 0).has_value());
  ASSERT_TRUE(this->log().keep_untold_pin("w", old).has_value());
  ASSERT_TRUE(this->log().keep_untold_pin("w", {"old", 1, 9, "eve"}).has_value());
  EXPECT_EQ(this->log().keep_untold_pin("w", {"x", 2, 5, ""}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(this->log().keep_untold_pin("w", {"now", 1, 5, ""}).error().code, ErrorCode::kInvalid);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->log().pins("w").value(), std::vector<log::Pin>{old});
    const auto standing = this->log().standing("w").value();
    EXPECT_FALSE(standing.told);
    EXPECT_EQ(standing.untold.pins, std::vector<log::Pin>{old});
    this->restart();
  }
  ASSERT_TRUE(this->log().put_pin("w", {"new", 1, 7, "bob"}).has_value());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->log().pins("w").value(), (std::vector<log::Pin>{{"new", 1, 7, "bob"}}));
    EXPECT_TRUE(this->log().standing("w")->told);
    EXPECT_TRUE(this->log().standing("w")->untold.empty());
    this->restart();
  }
  ASSERT_TRUE(this->log().keep_untold_pin("w", old).has_value());
  EXPECT_EQ(this->log().pins("w")->size(), 1u);
  // A log that began later never had one.
  ASSERT_TRUE(this->log().add("v", sample_event("a", "1")).has_value());
  ASSERT_TRUE(this->log().keep_untold_pin("v", old).has_value());
  EXPECT_TRUE(this->log().pins("v")->empty());
}

TYPED_TEST_P(EventLogConformance, PayloadsOfSystemObjectsStay) {
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 2, 100), 0).has_value());
  ASSERT_TRUE(this->log().put_pin("w", {"p", 2, 5, "ann"}).has_value());
  ASSERT_TRUE(this->log().add("w", sample_event("a", "more")).has_value());
  ASSERT_TRUE(this->log().raise_floor("w", 4).has_value());
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 1, "one", 0).has_value());
  ASSERT_TRUE(this->log().put_snapshot("w", "b", 2, "two", 0).has_value());
  ASSERT_TRUE(this->log().put_snapshot("w", "a", 4, "four", 0).has_value());
  const auto dropped = this->log().drop_payloads("w", 4);
  ASSERT_TRUE(dropped.has_value()) << dropped.error().message;
  EXPECT_EQ(dropped->events, 3u);
  EXPECT_FALSE(this->log().read_object("w", "./pins")->front().dropped_payload.has_value());
  // What is pinned already may be pinned again there, though it is below the floor.
  EXPECT_TRUE(this->log().put_pin("w", {"p", 2, 9, "bob"}).has_value());
  EXPECT_EQ(this->log().put_pin("w", {"p", 1, 9, "bob"}).error().code, ErrorCode::kNotFound);
}

TYPED_TEST_P(EventLogConformance, PayloadsGoOnlyBehindWhatStandsForThem) {
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 6, 100), 0).has_value());
  const auto root = this->log().tree_root("w", 6).value();
  for (const log::Event& event : this->log().read("w").value()) EXPECT_NE(event.salt, log::Salt{});
  ASSERT_TRUE(this->log().put_pin("w", {"p", 2, 5, ""}).has_value());
  EXPECT_EQ(this->log().drop_payloads("w", 1).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(this->log().raise_floor("w", 8).error().code, ErrorCode::kInvalid);
  ASSERT_TRUE(this->log().raise_floor("w", 4).has_value());
  EXPECT_EQ(this->log().put_pin("w", {"q", 3, 5, ""}).error().code, ErrorCode::kNotFound);
  // a has events 1, 3, 5, b has 2, 4, 6: the floor needs a at 3 and b at 4, the pin a at 1 and b at 2.
  for (const auto& [object, position] :
       {std::pair("a", 3), std::pair("b", 4), std::pair("a", 1), std::pair("b", 2)}) {
    EXPECT_EQ(this->log().drop_payloads("w", 4).error().code, ErrorCode::kConflict);
    // One that makes room for others does not count.
    ASSERT_TRUE(this->log().put_snapshot("w", object, position, "state", 7).has_value());
    EXPECT_EQ(this->log().drop_payloads("w", 4).error().code, ErrorCode::kConflict);
    ASSERT_TRUE(this->log().put_snapshot("w", object, position, "state", 0).has_value());
  }
  const auto dropped = this->log().drop_payloads("w", 3);
  ASSERT_TRUE(dropped.has_value()) << dropped.error().message;
  EXPECT_EQ(dropped->events, 3u);
  EXPECT_GT(dropped->bytes, 200u);
  EXPECT_EQ(dropped->snapshots, 0u);
  ASSERT_TRUE(this->log().drop_payloads("w", 4).has_value());
  EXPECT_EQ(this->log().drop_payloads("w", 4)->events, 0u);
  for (int round = 0; round < 2; ++round) {
    const auto events = this->log().read("w").value();
    ASSERT_EQ(events.size(), 7u);
    for (const log::Event& event : events)
      EXPECT_EQ(event.dropped_payload.has_value(), event.position <= 4) << event.position;
    for (const log::Event& event : events)
      EXPECT_EQ(event.salt == log::Salt{}, event.position <= 4) << event.position;
    EXPECT_EQ(this->log().tree_root("w", 6).value(), root);
    EXPECT_EQ(this->log().retention("w")->swept_to, 4u);
    EXPECT_EQ(this->log().load_snapshot("w", "a", 2).value()->position, 1u);
    this->restart();
  }
  // Without the pin nothing needs the states that stood for it.
  ASSERT_TRUE(this->log().put_pin("w", {"p", 0, 5, ""}).has_value());
  EXPECT_EQ(this->log().retained().value(), std::vector<std::string>{"w"});
  const auto unpinned = this->log().drop_payloads("w", 4);
  ASSERT_TRUE(unpinned.has_value()) << unpinned.error().message;
  EXPECT_EQ(unpinned->events, 0u);
  EXPECT_EQ(unpinned->snapshots, 2u);
  EXPECT_FALSE(this->log().load_snapshot("w", "a", 2).value().has_value());
  EXPECT_EQ(this->log().load_snapshot("w", "a").value()->position, 3u);
  // And the log goes on.
  ASSERT_TRUE(this->log().add("w", sample_event("a", "more")).has_value());
}

TYPED_TEST_P(EventLogConformance, ADeltaGoesWithTheMilestoneThatItExtends) {
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 8), 0).has_value());
  auto log = this->log();
  for (const char* object : {"a", "b"}) {
    const bool a = object[0] == 'a';
    ASSERT_TRUE(log.put_snapshot("w", object, a ? 1 : 2, "old", 0).has_value());
    ASSERT_TRUE(log.put_delta("w", object, a ? 7 : 8, a ? 1 : 2, "+").has_value());
    ASSERT_TRUE(log.put_snapshot("w", object, a ? 3 : 4, "floor", 0).has_value());
  }
  EXPECT_EQ(log.load_snapshot("w", "a").value()->base, 1u);
  // While a pin needs what they extend, they stay.
  ASSERT_TRUE(log.put_pin("w", {"p", 2, 5, ""}).has_value());
  ASSERT_TRUE(log.raise_floor("w", 4).has_value());
  const auto dropped = log.drop_payloads("w", 4);
  ASSERT_TRUE(dropped.has_value()) << dropped.error().message;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->log().load_snapshot("w", "a").value()->base, 1u);
    EXPECT_EQ(this->log().load_snapshot("w", "b").value()->base, 2u);
    this->restart();
  }
  ASSERT_TRUE(this->log().put_pin("w", {"p", 0, 5, ""}).has_value());
  ASSERT_TRUE(this->log().drop_payloads("w", 4).has_value());
  for (int round = 0; round < 2; ++round) {
    for (const char* object : {"a", "b"}) {
      const auto found = this->log().load_snapshot("w", object).value();
      ASSERT_TRUE(found.has_value());
      EXPECT_EQ(as_text(found->bytes), "floor");
      EXPECT_EQ(found->damaged, 0u);
    }
    this->restart();
  }
}

TYPED_TEST_P(EventLogConformance, NoSnapshotIsAheadOfTheLog) {
  EXPECT_EQ(this->log().put_snapshot("w", "a", 1, "x").error().code, ErrorCode::kInvalid);
  ASSERT_TRUE(this->log().add("w", sample_event("a", "1")).has_value());
  EXPECT_EQ(this->log().put_snapshot("w", "a", 2, "x").error().code, ErrorCode::kInvalid);
  EXPECT_FALSE(this->log().load_snapshot("w", "a").value().has_value());
}

// Every root, through batches that end before, at and behind the store's tiles, and restarts.
TYPED_TEST_P(EventLogConformance, TheTreeFollowsTheEvents) {
  TestChain chain;
  log::merkle::Frontier tree;
  std::vector<Hash256> leaves;
  std::vector<Hash256> roots{tree.root()};
  for (const int count : {1, 254, 1, 1, 100, 154, 1, 257, 700, 3, 64, 512, 300}) {
    auto events = this->batch(chain, count);
    for (const auto& event : events) {
      leaves.push_back(event.hash);
      tree.append(event.hash);
      roots.push_back(tree.root());
    }
    const auto before = leaves.size() - events.size();
    ASSERT_TRUE(this->log().append("w", std::move(events), before).has_value());
    if (count % 2 == 1) this->restart();
    EXPECT_EQ(this->log().tree_root("w", leaves.size()).value(), tree.root()) << leaves.size();
  }
  for (std::size_t size = 0; size <= leaves.size(); size += 13)
    EXPECT_EQ(this->log().tree_root("w", size).value(), roots[size]) << size;

  for (const std::size_t leaf : {0, 255, 256, 1000, 2300}) {
    const auto plan = log::merkle::plan_inclusion(leaf, leaves.size());
    const auto proof =
        log::merkle::make_proof(plan, this->log().tree_nodes("w", plan.nodes).value());
    EXPECT_TRUE(
        log::merkle::verify_inclusion(leaves[leaf], leaf, leaves.size(), proof, tree.root()));
  }
}

TYPED_TEST_P(EventLogConformance, TheTreeEndsWithTheLog) {
  EXPECT_TRUE(this->log().tree_nodes("w", {}).value().empty());
  EXPECT_EQ(this->log().tree_nodes("w", {{0, 0}}).error().code, ErrorCode::kNotFound);
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 300), 0).has_value());
  EXPECT_TRUE(this->log().tree_nodes("w", {{0, 299}, {2, 74}, {8, 0}}).has_value());
  for (const log::merkle::Node node : {log::merkle::Node{0, 300}, {2, 75}, {8, 1}, {9, 0}, {20, 0}})
    EXPECT_EQ(this->log().tree_nodes("w", {node}).error().code, ErrorCode::kNotFound);
}

// More than 65,536 events: the tree of tiles has a third level.
TYPED_TEST_P(EventLogConformance, ALargeTreeFollowsTheEvents) {
  TestChain chain;
  log::merkle::Frontier tree;
  for (int round = 0; round < 12; ++round) {
    auto events = this->batch(chain, 5500);
    for (const auto& event : events) tree.append(event.hash);
    ASSERT_TRUE(this->log().append("w", std::move(events), tree.size() - 5500).has_value());
    if (round % 5 == 3) this->restart();
  }
  EXPECT_EQ(this->log().tree_root("w", tree.size()).value(), tree.root());
}

TYPED_TEST_P(EventLogConformance, CheckpointsOnlyGrow) {
  EXPECT_EQ(this->log().put_checkpoint("w", 1, "none").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(this->log().load_checkpoint("w").value(), std::nullopt);
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 5), 0).has_value());
  EXPECT_EQ(this->log().load_checkpoint("w").value(), std::nullopt);
  ASSERT_TRUE(this->log().put_checkpoint("w", 3, "three").has_value());
  ASSERT_TRUE(this->log().put_checkpoint("w", 3, "three again").has_value());
  EXPECT_EQ(this->log().put_checkpoint("w", 2, "two").error().code, ErrorCode::kConflict);
  EXPECT_EQ(this->log().put_checkpoint("w", 6, "six").error().code, ErrorCode::kInvalid);
  this->restart();
  EXPECT_EQ(this->log().load_checkpoint("w").value(), "three again");
  EXPECT_EQ(this->log().put_checkpoint("w", 2, "two").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(this->log().put_checkpoint("w", 5, "five").has_value());
  EXPECT_EQ(this->log().load_checkpoint("w").value(), "five");
}

TYPED_TEST_P(EventLogConformance, OriginsStayAsTheyAre) {
  const auto said = [](std::uint64_t size) {
    const log::NoteSigner signer{"log.example/a", {7}};
    return log::Statement{{signer.verifier()},
                          log::sign_checkpoint({"log.example/a/w/w", size, {}}, {signer}).value()};
  };
  EXPECT_EQ(this->log().put_origin("w", said(1)).error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(this->log().load_origins("w").value().empty());
  TestChain chain;
  ASSERT_TRUE(this->log().append("w", this->batch(chain, 20), 0).has_value());
  EXPECT_EQ(this->log().put_origin("w", said(21)).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(this->log().put_origin("w", {{}, "no note"}).error().code, ErrorCode::kInvalid);
  ASSERT_TRUE(this->log().put_origin("w", said(5)).has_value());
  ASSERT_TRUE(this->log().put_origin("w", said(3)).has_value());
  ASSERT_TRUE(this->log().put_origin("w", said(5)).has_value());
  this->restart();
  EXPECT_EQ(this->log().load_origins("w").value(), (std::vector{said(3), said(5)}));
  EXPECT_TRUE(this->log().load_origins("other").value().empty());
  EXPECT_EQ(this->log().load_checkpoint("w").value(), std::nullopt);
  for (std::uint64_t size = 6; size < 4 + log::kMaxStatements; ++size)
    ASSERT_TRUE(this->log().put_origin("w", said(size)).has_value());
  EXPECT_EQ(this->log().put_origin("w", said(20)).error().code, ErrorCode::kTooLarge);
}

TYPED_TEST_P(EventLogConformance, ListsAreSortedAndPaged) {
  for (const char* name : {"zoo", "a", "a/b", "ab", "é"})
    ASSERT_TRUE(this->log().add(name, sample_event("o", "1")).has_value());
  EXPECT_EQ(this->log().workspaces().value(),
            (std::vector<std::string>{"a", "a/b", "ab", "zoo", "é"}));
  EXPECT_EQ(this->log().workspaces("a/b", 2).value(), (std::vector<std::string>{"ab", "zoo"}));

  for (const char* id : {"notes/z", "notes/plan", "todo", "notes", "notes/plan", "\x01"})
    ASSERT_TRUE(this->log().add("w", sample_event(id, "1")).has_value());
  EXPECT_EQ(this->log().objects("w").value(),
            (std::vector<std::string>{"\x01", "notes", "notes/plan", "notes/z", "todo"}));
  EXPECT_EQ(this->log().objects("w", "notes/").value(),
            (std::vector<std::string>{"notes/plan", "notes/z"}));
  EXPECT_EQ(this->log().objects("w", "notes", "notes", 1).value(),
            (std::vector<std::string>{"notes/plan"}));
  EXPECT_TRUE(this->log().objects("w", "notes/", "zzz").value().empty());
}

TYPED_TEST_P(EventLogConformance, AListSaysWhatIsKnownOfEachObject) {
  for (const char* text : {"one", "two", "three"})
    ASSERT_TRUE(this->log().add("w", sample_event("a", text)).has_value());
  ASSERT_TRUE(this->log().add("w", sample_event("b", "four")).has_value());
  ASSERT_TRUE(this->log().put_pin("w", {"p", 1, 5, ""}).has_value());
  for (const std::string snapshot : {"", "12345678"}) {
    if (!snapshot.empty()) {
      ASSERT_TRUE(this->log().put_snapshot("w", "a", 2, snapshot).has_value());
    }
    const log::ObjectHeads page = this->log().heads("w").value();
    EXPECT_FALSE(page.more);
    ASSERT_EQ(page.heads.size(), 2u);
    EXPECT_EQ(page.heads[0].object, "a");
    EXPECT_EQ(page.heads[0].last.position, 3u);
    EXPECT_EQ(page.heads[0].last.principal, "anna");
    EXPECT_EQ(page.heads[0].last.type, "doc");
    EXPECT_TRUE(page.heads[0].last.intent.empty());
    EXPECT_EQ(page.heads[0].bytes, snapshot.empty() ? 11u : 8u + 5u);
    EXPECT_EQ(page.heads[1].object, "b");
    EXPECT_EQ(page.heads[1].last.position, 4u);
    EXPECT_EQ(page.heads[1].bytes, 4u);
    this->restart();
  }
  EXPECT_TRUE(this->log().heads("w", "", "", 1)->more);
  EXPECT_EQ(this->log().heads("w", "", "a").value().heads.at(0).object, "b");
  EXPECT_TRUE(this->log().heads("none")->heads.empty());
}

// However long the history and however large the events: the page ends, and says that there is more.
TYPED_TEST_P(EventLogConformance, AListReadsLittleOfEachObjectAndOfAllTogether) {
  TestChain chain;
  std::vector<log::EncodedEvent> events;
  for (std::size_t i = 0; i <= log::Catalog::kCountedChanges; ++i) {
    auto event = sample_event("a", "x");
    events.push_back(chain.seal(event, 1'700'000'000'000).value());
  }
  const log::Position last = events.size();
  ASSERT_TRUE(this->log().append("w", std::move(events), 0).has_value());
  const log::ObjectHeads page = this->log().heads("w").value();
  EXPECT_EQ(page.heads.at(0).bytes, log::Catalog::kCountedChanges);
  EXPECT_EQ(page.heads.at(0).last.position, last);

  for (const char* id : {"big/1", "big/2", "big/3"})
    ASSERT_TRUE(
        this->log().add("w", sample_event(id, "", log::Catalog::kHeadBytes / 2)).has_value());
  const log::ObjectHeads large = this->log().heads("w", "big/").value();
  EXPECT_EQ(large.heads.size(), 2u);
  EXPECT_TRUE(large.more);
  EXPECT_EQ(this->log().heads("w", "big/", "big/2")->heads.size(), 1u);
}

TYPED_TEST_P(EventLogConformance, AClosedLogAnswersNothing) {
  TestChain chain;
  bool answered = false;
  this->raw_->events().append("w", {.events = this->batch(chain, 1)},
                              [&](Result<log::Appended>) { answered = true; });
  this->raw_->events().head("w", [&](Result<log::Head>) { answered = true; });
  this->raw_.reset();
  this->fixture_.restart();
  this->loop_.drain();
  EXPECT_FALSE(answered);
}

TYPED_TEST_P(EventLogConformance, CallbacksRunInALaterTurn) {
  bool within = true;
  bool answered = false;
  this->raw_->events().append("", {}, [&](Result<log::Appended>) {
    EXPECT_FALSE(within);
    answered = true;
  });
  within = false;
  EXPECT_TRUE(this->loop_.run_until([&] { return answered; }));
}

REGISTER_TYPED_TEST_SUITE_P(
    EventLogConformance, AWorkspaceThatIsNotThereIsEmpty, WhatIsAppendedIsReadBackAlsoAfterARestart,
    AppendsAtTheWrongPlaceChangeNothing, AppendsThatMakeNoSenseAreInvalid,
    GroupsAreTakenWholeOrNotAtAll, AnOwnerThatWasReplacedAppendsNothing,
    AnEventOfAnotherLogIsTakenOverOnce, AnOldLogGoesOnWithNewRecords,
    ASnapshotSaysItsTypeAndGeneration, AppendsMayFollowOneAnotherUnanswered,
    WhatFollowsAFailedAppendFailsToo, ReadsStopAtTheirLimitsAndGoOnFromThere,
    AListSaysWhatIsKnownOfEachObject, AListReadsLittleOfEachObjectAndOfAllTogether,
    OneObjectIsReadWithoutTheOthers, TheNewestSnapshotIsKept, MilestonesStayAndOthersMakeRoom,
    ADeltaComesWithTheMilestoneThatItExtends, ADeltaGoesWithTheMilestoneThatItExtends,
    PinsAreKeptUntilTheyAreRemoved, RulesAndHoldsAreKeptAndRecorded,
    AnAppendWithABadRuleIsRefusedWhole, SystemObjectsAreListedOnRequestOnly,
    APinOfBeforeMakesRoomForTheFirstEventsOfRules, PayloadsOfSystemObjectsStay,
    PayloadsGoOnlyBehindWhatStandsForThem, NoSnapshotIsAheadOfTheLog, TheTreeFollowsTheEvents,
    TheTreeEndsWithTheLog, ALargeTreeFollowsTheEvents, CheckpointsOnlyGrow, OriginsStayAsTheyAre,
    ListsAreSortedAndPaged, AClosedLogAnswersNothing, CallbacksRunInALaterTurn);

}  // namespace syncline::testing
