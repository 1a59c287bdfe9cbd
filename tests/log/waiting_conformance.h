// What every store must do for changes that wait. Fixtures are those of log/event_log_conformance.h.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/blocking_log.h"
#include "log/log_backend.h"
#include "log/test_loop.h"

namespace syncline::testing {

inline log::WaitingChange waiting_change(std::string_view intent) {
  log::WaitingChange change;
  change.unix_ms = 1'700'000'000'000;
  change.principal = "anna";
  change.actor = "s1";
  change.actor_seq = 7;
  change.further_seqs = 2;
  change.tenant = "t1";
  change.actor_named = true;
  change.type = "doc";
  change.generation = 3;
  change.intent = to_bytes(as_bytes(intent));
  change.waits_for = {1, 2, 3};
  return change;
}

template <typename Fixture>
class WaitingConformance : public ::testing::Test {
 protected:
  WaitingConformance() { store_ = fixture_.open(loop_); }
  ~WaitingConformance() override { store_.reset(); }

  void restart() {
    store_.reset();
    fixture_.restart();
    store_ = fixture_.open(loop_);
  }

  BlockingLog log() { return BlockingLog(*store_, loop_); }

  Result<log::WaitingKept> put(const std::string& object, log::WaitingChange change,
                               log::WaitingBudget budget = {}, const std::string& workspace = "w") {
    return await<log::WaitingKept>(loop_, [&](auto done) {
      store_->waiting().put_waiting(workspace, object, change, budget, std::move(done));
    });
  }

  Result<log::WaitingPage> list(const std::string& object, std::uint64_t after = 0,
                                std::size_t limit = 100, const std::string& workspace = "w") {
    return await<log::WaitingPage>(loop_, [&](auto done) {
      store_->waiting().list_waiting(workspace, object, after, limit, std::move(done));
    });
  }

  Result<void> remove(const std::string& object, std::vector<std::uint64_t> numbers) {
    return await<void>(loop_, [&](auto done) {
      store_->waiting().remove_waiting("w", object, std::move(numbers), std::move(done));
    });
  }

  log::WaitingUsage usage(const std::string& workspace = "w") {
    return await<log::WaitingUsage>(
               loop_,
               [&](auto done) { store_->waiting().waiting_usage(workspace, std::move(done)); })
        .value();
  }

  std::vector<std::string> intents(const std::string& object) {
    std::vector<std::string> texts;
    const auto page = list(object).value();
    for (const log::WaitingChange& change : page.changes)
      texts.emplace_back(as_text(change.intent));
    return texts;
  }

  std::vector<log::WaitingObject> objects(const std::string& after = "", std::size_t limit = 100) {
    return await<std::vector<log::WaitingObject>>(loop_,
                                                  [&](auto done) {
                                                    store_->waiting().list_waiting_objects(
                                                        "w", after, limit, std::move(done));
                                                  })
        .value();
  }

  std::vector<std::string> workspaces(const std::string& after = "", std::size_t limit = 100) {
    return await<std::vector<std::string>>(loop_,
                                           [&](auto done) {
                                             store_->waiting().list_waiting_workspaces(
                                                 after, limit, std::move(done));
                                           })
        .value();
  }

  TestLoop loop_;
  Fixture fixture_;
  std::unique_ptr<log::LoopStore> store_;
};

TYPED_TEST_SUITE_P(WaitingConformance);

// Also before the workspace has an event.
TYPED_TEST_P(WaitingConformance, WhatWaitsIsKeptWholeUntilItIsRemoved) {
  using Texts = std::vector<std::string>;
  EXPECT_TRUE(this->list("a").value().changes.empty());
  EXPECT_EQ(this->usage(), log::WaitingUsage{});
  ASSERT_EQ(this->put("a", waiting_change("one"))->number, 1u);
  ASSERT_EQ(this->put("a/b", waiting_change("two"))->number, 2u);
  const auto third = this->put("a", waiting_change("three"));
  ASSERT_EQ(third->number, 3u);
  EXPECT_EQ(third->object.changes, 2u);
  EXPECT_EQ(third->workspace.changes, 3u);
  EXPECT_GT(third->workspace.bytes, third->object.bytes);
  ASSERT_TRUE(this->put("a", waiting_change("elsewhere"), {}, "v"));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->intents("a"), (Texts{"one", "three"}));
    EXPECT_EQ(this->intents("a/b"), Texts{"two"});
    EXPECT_EQ(this->usage(), third->workspace);
    auto expected = waiting_change("three");
    expected.number = 3;
    EXPECT_EQ(this->list("a").value().changes.back(), expected);
    EXPECT_EQ(this->log().head("w").value(), log::Head{});
    EXPECT_TRUE(this->log().workspaces().value().empty());
    this->restart();
  }
  ASSERT_TRUE(this->remove("a", {1, 2, 99}));  // 2 is another object's
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->intents("a"), Texts{"three"});
    EXPECT_EQ(this->intents("a/b"), Texts{"two"});
    EXPECT_EQ(this->usage().changes, 2u);
    this->restart();
  }
  EXPECT_EQ(this->put("a", waiting_change("four"))->number, 4u);
  ASSERT_TRUE(this->remove("a", {3, 4}));
  ASSERT_TRUE(this->remove("a/b", {2}));
  EXPECT_EQ(this->usage(), log::WaitingUsage{});
  EXPECT_TRUE(this->objects().empty());
}

TYPED_TEST_P(WaitingConformance, TheBudgetIsHeldTo) {
  const std::uint64_t one = this->put("a", waiting_change("12345"))->object.bytes;
  log::WaitingBudget budget{
      .object_bytes = 2 * one, .object_changes = 9, .workspace_bytes = 3 * one};
  ASSERT_TRUE(this->put("a", waiting_change("12345"), budget));
  EXPECT_EQ(this->put("a", waiting_change("1"), budget).error().code, ErrorCode::kTooLarge);
  ASSERT_TRUE(this->put("b", waiting_change("12345"), budget));
  EXPECT_EQ(this->put("c", waiting_change("1"), budget).error().code, ErrorCode::kTooLarge);
  this->restart();
  EXPECT_EQ(this->usage().bytes, 3 * one);
  EXPECT_EQ(this->put("c", waiting_change("1"), budget).error().code, ErrorCode::kTooLarge);
  ASSERT_TRUE(this->remove("a", {1}));
  EXPECT_TRUE(this->put("c", waiting_change("12345"), budget));
  budget = {.object_changes = 1};
  EXPECT_EQ(this->put("b", waiting_change("1"), budget).error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(this->put("d", waiting_change("1"), budget));
  EXPECT_EQ(this->usage().changes, 4u);
}

TYPED_TEST_P(WaitingConformance, FieldsKeepToTheirLimits) {
  const auto code = [&](auto spoil, const std::string& object = "a",
                        const std::string& name = "w") {
    auto change = waiting_change("x");
    spoil(change);
    const auto kept = this->put(object, change, {}, name);
    return kept ? std::nullopt : std::optional(kept.error().code);
  };
  const auto nothing = [](log::WaitingChange&) {};
  EXPECT_EQ(code(nothing), std::nullopt);
  EXPECT_EQ(code(nothing, ""), ErrorCode::kInvalid);
  EXPECT_EQ(code(nothing, std::string("a\0b", 3)), ErrorCode::kInvalid);
  EXPECT_EQ(code(nothing, "a", ""), ErrorCode::kInvalid);
  using Change = log::WaitingChange;
  EXPECT_EQ(code([](Change& change) { change.principal.assign(1025, 'p'); }), ErrorCode::kTooLarge);
  EXPECT_EQ(code([](Change& change) { change.actor.assign(256, 'a'); }), ErrorCode::kTooLarge);
  EXPECT_EQ(code([](Change& change) { change.type.assign(65, 't'); }), ErrorCode::kTooLarge);
  EXPECT_EQ(code([](Change& change) { change.waits_for.resize(65'537); }), ErrorCode::kTooLarge);
  EXPECT_EQ(code([](Change& change) { change.unix_ms = ~std::uint64_t{0}; }), ErrorCode::kInvalid);
  EXPECT_EQ(this->usage().changes, 1u);
}

TYPED_TEST_P(WaitingConformance, ListsAreSortedAndPaged) {
  for (const char* object : {"zoo", "a", "a/b", "ab", "a", "a"})
    ASSERT_TRUE(this->put(object, waiting_change(object)));
  const auto page = this->list("a", 0, 2).value();
  ASSERT_EQ(page.changes.size(), 2u);
  EXPECT_EQ(page.next, page.changes.back().number);
  const auto rest = this->list("a", page.next, 2).value();
  ASSERT_EQ(rest.changes.size(), 1u);
  EXPECT_EQ(rest.next, 0u);
  std::vector<std::string> names;
  for (const auto& each : this->objects()) names.push_back(each.object);
  EXPECT_EQ(names, (std::vector<std::string>{"a", "a/b", "ab", "zoo"}));
  EXPECT_EQ(this->objects()[0].usage.changes, 3u);
  EXPECT_EQ(this->objects()[0].oldest_unix_ms, 1'700'000'000'000u);
  const auto some = this->objects("a", 2);
  ASSERT_EQ(some.size(), 2u);
  EXPECT_EQ(some[0].object, "a/b");
  EXPECT_EQ(some[1].object, "ab");
  for (const char* workspace : {"w2", "v", "w/1"})
    ASSERT_TRUE(this->put("o", waiting_change("x"), {}, workspace));
  EXPECT_EQ(this->workspaces(), (std::vector<std::string>{"v", "w", "w/1", "w2"}));
  EXPECT_EQ(this->workspaces("v", 2), (std::vector<std::string>{"w", "w/1"}));
}

// One page is bounded, and holds at least one change.
TYPED_TEST_P(WaitingConformance, LargeChangesMakeShortPages) {
  for (int index = 0; index < 3; ++index)
    ASSERT_TRUE(this->put("a", waiting_change(std::string(std::size_t{2} << 20, 'x'))));
  std::uint64_t after = 0;
  int changes = 0;
  int pages = 0;
  do {
    const auto page = this->list("a", after).value();
    changes += static_cast<int>(page.changes.size());
    ++pages;
    after = page.next;
  } while (after > 0);
  EXPECT_EQ(changes, 3);
  EXPECT_EQ(pages, 3);
}

// A change becomes an event and waits no longer, in one step.
TYPED_TEST_P(WaitingConformance, WhatIsTakenUpGoesWithTheAppend) {
  ASSERT_TRUE(this->put("a", waiting_change("one")));
  ASSERT_TRUE(this->put("a", waiting_change("two")));
  const auto append = [&](TestChain& chain, log::Position after,
                          std::vector<log::Settled> settled) {
    auto event = sample_event("a", "taken up");
    std::vector<log::EncodedEvent> events;
    events.push_back(chain.seal(event, 1000).value());
    return await<log::Appended>(this->loop_, [&](auto done) {
      this->store_->events().append(
          "w", {.events = std::move(events), .after = after, .settled = settled}, std::move(done));
    });
  };
  TestChain wrong(log::Head{5, {}, {}});
  EXPECT_FALSE(append(wrong, 5, {{"a", 1}}));
  EXPECT_EQ(this->usage().changes, 2u);
  TestChain chain;
  ASSERT_TRUE(append(chain, 0, {{"a", 1}, {"b", 2}}));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(this->intents("a"), std::vector<std::string>{"two"});
    EXPECT_EQ(this->usage().changes, 1u);
    EXPECT_EQ(this->log().head("w")->last_position, 1u);
    this->restart();
  }
}

REGISTER_TYPED_TEST_SUITE_P(WaitingConformance, WhatWaitsIsKeptWholeUntilItIsRemoved,
                            TheBudgetIsHeldTo, FieldsKeepToTheirLimits, ListsAreSortedAndPaged,
                            LargeChangesMakeShortPages, WhatIsTakenUpGoesWithTheAppend);

}  // namespace syncline::testing
