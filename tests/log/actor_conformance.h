// What every store must do for actors that name themselves. Fixtures are those of
// log/event_log_conformance.h.
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

template <typename Fixture>
class ActorConformance : public ::testing::Test {
 protected:
  using Ranges = std::vector<log::ActorNumbers::Range>;

  ActorConformance() { store_ = fixture_.open(loop_); }
  ~ActorConformance() override { store_.reset(); }

  void restart() {
    store_.reset();
    fixture_.restart();
    store_ = fixture_.open(loop_);
  }

  static log::Event numbered(std::string actor, std::uint64_t first, std::uint64_t further = 0) {
    log::Event event = sample_event("a", "text");
    event.actor = std::move(actor);
    event.actor_seq = first;
    event.further_seqs = further;
    event.actor_named = true;
    return event;
  }

  Result<log::Appended> append(std::vector<log::Event> added, const std::string& workspace = "w") {
    BlockingLog log(*store_, loop_);
    const log::Head head = log.head(workspace).value();
    TestChain chain(head);
    std::vector<log::EncodedEvent> events;
    for (log::Event& event : added) events.push_back(chain.seal(event, 1000).value());
    return log.append(workspace, std::move(events), head.last_position);
  }

  Result<log::ActorNumbers> load(log::ActorId actor, const std::string& workspace = "w") {
    return await<log::ActorNumbers>(loop_, [&](auto done) {
      store_->actors().load_actor(workspace, std::move(actor), std::move(done));
    });
  }
  Ranges ranges(const std::string& actor, const std::string& workspace = "w") {
    return load({"", "anna", actor}, workspace).value().ranges();
  }

  TestLoop loop_;
  Fixture fixture_;
  std::unique_ptr<log::LoopStore> store_;
};

TYPED_TEST_SUITE_P(ActorConformance);

TYPED_TEST_P(ActorConformance, FollowsTheEvents) {
  using Ranges = std::vector<log::ActorNumbers::Range>;
  EXPECT_EQ(this->ranges("tablet"), Ranges{});
  ASSERT_TRUE(this->append(
      {this->numbered("tablet", 1), this->numbered("phone", 7), this->numbered("tablet", 2, 3)}));
  ASSERT_TRUE(this->append({this->numbered("tablet", 9)}));
  ASSERT_TRUE(this->append({this->numbered("tablet", 1)}, "other"));
  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(this->ranges("tablet"), (Ranges{{1, 5, 3}, {9, 9, 4}}));
    EXPECT_EQ(this->ranges("phone"), (Ranges{{7, 7, 2}}));
    EXPECT_EQ(this->ranges("tablet", "other"), (Ranges{{1, 1, 1}}));
    EXPECT_EQ(this->ranges("tablet", "nothing"), Ranges{});
    this->restart();
  }
  ASSERT_TRUE(this->append({this->numbered("tablet", 6)}));
  EXPECT_EQ(this->ranges("tablet"), (Ranges{{1, 6, 5}, {9, 9, 4}}));
}

TYPED_TEST_P(ActorConformance, AnActorIsOneOfItsTenantAndPrincipal) {
  std::vector<log::Event> events;
  for (int i = 0; i < 4; ++i) events.push_back(this->numbered("tablet", 1 + i));
  events[1].principal = "ben";
  events[2].tenant = "t1";
  events[3].principal = "";
  ASSERT_TRUE(this->append(std::move(events)));
  const auto first = [&](log::ActorId actor) {
    return this->load(std::move(actor)).value().ranges().at(0).first;
  };
  EXPECT_EQ(first({"", "anna", "tablet"}), 1u);
  EXPECT_EQ(first({"", "ben", "tablet"}), 2u);
  EXPECT_EQ(first({"t1", "anna", "tablet"}), 3u);
  EXPECT_EQ(first({"", "", "tablet"}), 4u);
}

TYPED_TEST_P(ActorConformance, OthersAreNotKept) {
  log::Event event = this->numbered("session", 1);
  event.actor_named = false;
  ASSERT_TRUE(this->append({event}));
  EXPECT_TRUE(this->ranges("session").empty());
}

TYPED_TEST_P(ActorConformance, ARefusedAppendRecordsNothing) {
  ASSERT_TRUE(this->append({this->numbered("tablet", 1)}));
  TestChain chain;
  auto event = this->numbered("tablet", 2);
  std::vector<log::EncodedEvent> events;
  events.push_back(chain.seal(event, 1000).value());
  EXPECT_FALSE(BlockingLog(*this->store_, this->loop_).append("w", std::move(events), 0));
  EXPECT_EQ(this->ranges("tablet").at(0).last, 1u);
  ASSERT_TRUE(this->append({this->numbered("tablet", 3)}));
  EXPECT_EQ(this->ranges("tablet").size(), 2u);
}

TYPED_TEST_P(ActorConformance, ANameThatNoEventCanHaveIsRefused) {
  EXPECT_EQ(this->load({"", "anna", ""}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(this->load({"", "anna", std::string("a\0b", 3)}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(this->load({"", "anna", std::string(256, 'x')}).error().code, ErrorCode::kTooLarge);
}

// One principal cannot fill the store with names; what others have stays.
TYPED_TEST_P(ActorConformance, ThoseRecordedLongestAgoAreForgotten) {
  log::Event other = this->numbered("phone", 1);
  other.principal = "ben";
  ASSERT_TRUE(this->append({other, this->numbered("old", 1), this->numbered("tablet", 1)}));
  std::vector<log::Event> events;
  for (std::size_t i = 0; i < log::kMaxActors; ++i) {
    events.push_back(this->numbered("n" + std::to_string(i), 1));
    if (events.size() < 128) continue;
    ASSERT_TRUE(this->append(std::exchange(events, {})));
    ASSERT_TRUE(this->append({this->numbered("tablet", 2 + i)}));
  }
  std::size_t kept = 0;
  constexpr std::size_t kEach = 16;
  for (std::size_t i = 0; i < log::kMaxActors; i += kEach)
    kept += this->ranges("n" + std::to_string(i)).empty() ? 0 : kEach;
  EXPECT_LT(kept, log::kMaxActors);
  EXPECT_GE(kept, log::kMaxActors * 3 / 4);
  EXPECT_TRUE(this->ranges("old").empty());
  EXPECT_EQ(this->ranges("tablet").front().first, 1u) << "it is in use";
  EXPECT_FALSE(this->load({"", "ben", "phone"}).value().ranges().empty());
}

REGISTER_TYPED_TEST_SUITE_P(ActorConformance, FollowsTheEvents, AnActorIsOneOfItsTenantAndPrincipal,
                            OthersAreNotKept, ARefusedAppendRecordsNothing,
                            ANameThatNoEventCanHaveIsRefused, ThoseRecordedLongestAgoAreForgotten);

}  // namespace syncline::testing
