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
