// The deciding half of the commit, over tables in memory.
#include "store/group_commit.h"

#include <gtest/gtest.h>

#include "log/blocking_log.h"
#include "log/test_chain.h"
#include "store/memory_tables.h"

namespace syncline::testing {
namespace {

std::vector<log::EncodedEvent> some_events(TestChain& chain, std::size_t count) {
  std::vector<log::EncodedEvent> events;
  for (std::size_t i = 0; i < count; ++i) {
    auto event = sample_event("a", "text");
    events.push_back(chain.seal(event, 1).value());
  }
  return events;
}

// One append as a batch of its own.
Result<log::Appended> commit(store::GroupCommit& group, store::MemoryTables& tables,
                             std::vector<log::EncodedEvent> events) {
  std::optional<Result<log::Appended>> answer;
  const log::Position after = events.front().position - 1;
  std::vector<store::Request> requests;
  requests.emplace_back(
      store::AppendRequest{.workspace = "w",
                           .append = {.events = std::move(events), .after = after},
                           .done = [&](Result<log::Appended> done) { answer = std::move(done); }});
  store::MemoryWrites writes;
  auto batch = group.stage(std::move(requests), {}, writes);
  tables.apply(std::move(writes));
  group.finish(std::move(batch), {});
  return *answer;
}

// On a full disk, what makes room is accepted longer than the rest.
TEST(GroupCommit, OnAFullDiskOnlyWhatMakesRoomIsAccepted) {
  store::MemoryTables tables;
  TestChain chain;
  store::GroupCommit group(tables);
  ASSERT_TRUE(commit(group, tables, some_events(chain, 2)));
  std::vector<bool> accepted;
  const auto note = [&](const auto& answer) { accepted.push_back(answer.has_value()); };
  const auto batch = [&](const store::GroupCommit::Ready& ready,
                         std::vector<store::Request> requests) {
    store::MemoryWrites writes;
    auto staged = group.stage(std::move(requests), ready, writes);
    tables.apply(std::move(writes));
    group.finish(std::move(staged), {});
    return std::exchange(accepted, {});
  };
  const auto floor = [&] {
    std::vector<store::Request> requests;
    requests.emplace_back(store::FloorRequest{.workspace = "w", .floor = 2, .done = note});
    return requests;
  };
  const auto others = [&] {
    std::vector<store::Request> requests;
    requests.emplace_back(
        store::SnapshotRequest{.workspace = "w",
                               .object = "a",
                               .snapshot = {.position = 2, .bytes_since_milestone = 1},
                               .done = note});
    TestChain next(chain.head());
    requests.emplace_back(store::AppendRequest{
        .workspace = "w", .append = {.events = some_events(next, 1), .after = 2}, .done = note});
    return requests;
  };
  const Result<void> full = fail(ErrorCode::kUnavailable, "full");
  EXPECT_EQ(batch(full, floor()), std::vector{false});
  EXPECT_EQ(batch({full, Result<void>()}, floor()), std::vector{true});
  EXPECT_EQ(batch(full, others()), (std::vector{false, false}));
  EXPECT_EQ(batch({full, Result<void>()}, others()), (std::vector{false, false}));
  EXPECT_EQ(batch({}, others()), (std::vector{true, true}));
}

TEST(Requests, ChangesOfRulesMakeRoomAndChangesOfDocumentsDoNot) {
  const auto append = [](std::initializer_list<const char*> objects) {
    store::AppendRequest request;
    for (const char* object : objects) request.append.events.push_back({.object = object});
    return store::Request(std::move(request));
  };
  EXPECT_TRUE(store::makes_room(append({"./retention"})));
  EXPECT_FALSE(store::makes_room(append({"notes"})));
  EXPECT_FALSE(store::makes_room(append({"./retention", "notes"})));
  EXPECT_TRUE(store::makes_room(store::DropRequest{}));
  EXPECT_TRUE(store::makes_room(store::SnapshotRequest{})) << "a milestone";
  EXPECT_FALSE(store::makes_room(store::SnapshotRequest{.snapshot = {.bytes_since_milestone = 1}}));
  EXPECT_FALSE(store::makes_room(store::PutWaitingRequest{}));
}

// The server was restarted, so the hashes for the first tile are read from events, of which one is damaged.
TEST(GroupCommit, AWorkspaceThatWasRepairedIsContinued) {
  store::MemoryTables tables;
  TestChain chain;
  {
    store::GroupCommit before(tables);
    ASSERT_TRUE(commit(before, tables, some_events(chain, 250)));
  }
  char& byte = tables.find(store::Family::kEvents, store::event_key(1, 10))->back();
  byte ^= 1;
  store::GroupCommit group(tables);
  const std::vector<log::EncodedEvent> more = some_events(chain, 6);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto refused = commit(group, tables, more);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
  }
  byte ^= 1;
  const auto appended = commit(group, tables, more);
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(appended->last_position, 256u);
}

}  // namespace
}  // namespace syncline::testing
