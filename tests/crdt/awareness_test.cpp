#include "syncline/crdt/awareness.h"

#include <gtest/gtest.h>

namespace syncline::crdt {
namespace {

Bytes message(std::initializer_list<AwarenessEntry> entries) {
  return encode_awareness(std::vector<AwarenessEntry>(entries));
}

using Clients = std::vector<ClientId>;

TEST(Awareness, NewerClocksReplace) {
  Awareness awareness;
  auto change = awareness.apply(message({{7, 1, R"({"name":"a"})"}}), 0);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->added, Clients{7});
  EXPECT_EQ(awareness.state(7), R"({"name":"a"})");

  change = awareness.apply(message({{7, 1, R"({"name":"old"})"}}), 0);
  EXPECT_TRUE(change && change->empty());
  change = awareness.apply(message({{7, 2, R"({ "name":"b" })"}}), 0);
  EXPECT_EQ(change->updated, Clients{7});
  EXPECT_EQ(awareness.state(7), R"({ "name":"b" })");
}

TEST(Awareness, NullAtTheSameClockRemoves) {
  Awareness awareness;
  ASSERT_TRUE(awareness.apply(message({{7, 3, "{}"}}), 0));
  auto change = awareness.apply(message({{7, 2, "null"}}), 0);
  EXPECT_TRUE(change && change->empty());
  change = awareness.apply(message({{7, 3, "null"}}), 0);
  EXPECT_EQ(change->removed, Clients{7});
  EXPECT_EQ(awareness.present(), 0U);
  // The clock is remembered: what was said before does not come back.
  change = awareness.apply(message({{7, 3, "{}"}}), 0);
  EXPECT_TRUE(change && change->empty());
  change = awareness.apply(message({{7, 4, "{}"}}), 0);
  EXPECT_EQ(change->added, Clients{7});
}

TEST(Awareness, TheFirstEmptyStateAndUnknownDeparturesAreNoNews) {
  Awareness awareness;
  const auto change = awareness.apply(message({{1, 0, "{}"}, {2, 9, "null"}}), 0);
  EXPECT_TRUE(change && change->empty());
  EXPECT_TRUE(awareness.clients().empty());
}

TEST(Awareness, ClosingAConnectionTellsTheOthers) {
  Awareness awareness;
  Awareness other;
  ASSERT_TRUE(awareness.apply(message({{1, 1, "{}"}, {2, 5, "[]"}}), 0));
  ASSERT_TRUE(other.apply(awareness.encode_all(), 0));
  const Clients closed = {1, 99};
  const AwarenessChange change = awareness.remove(closed, 10);
  EXPECT_EQ(change.removed, Clients{1});
  const auto heard = other.apply(awareness.encode(change.all()), 10);
  EXPECT_EQ(heard->removed, Clients{1});
  EXPECT_EQ(other.state(2), "[]");
}

TEST(Awareness, SilenceExpires) {
  Awareness awareness;
  ASSERT_TRUE(awareness.apply(message({{1, 1, "{}"}, {2, 1, "{}"}}), 0));
  ASSERT_TRUE(awareness.apply(message({{2, 2, "{}"}}), 15'000));
  EXPECT_TRUE(awareness.expire(29'999).empty());
  EXPECT_EQ(awareness.expire(30'000).removed, Clients{1});
  EXPECT_EQ(awareness.clients().size(), 2U);
  EXPECT_EQ(awareness.expire(60'000).removed, Clients{2});
  EXPECT_EQ(awareness.clients().size(), 1U);
}

TEST(Awareness, WhoWasHeardOfLeastLatelyExpiresFirst) {
  Awareness awareness;
  for (ClientId client = 1; client <= 4; ++client)
    ASSERT_TRUE(awareness.apply(message({{client, 1, "{}"}}), 100 * client));
  ASSERT_TRUE(awareness.apply(message({{1, 2, "{}"}}), 500));
  ASSERT_TRUE(awareness.apply(message({{3, 2, "{}"}}), 600));
  awareness.forget(4);
  awareness.forget(9);
  EXPECT_EQ(awareness.expire(30'499).removed, Clients{2});
  EXPECT_EQ(awareness.expire(30'500).removed, Clients{1});
  EXPECT_EQ(awareness.expire(30'600).removed, Clients{3});
  EXPECT_EQ(awareness.expire(90'600).removed, Clients{});
  EXPECT_TRUE(awareness.clients().empty());
  ASSERT_TRUE(awareness.apply(message({{5, 1, "{}"}}), 91'000));
  EXPECT_EQ(awareness.expire(121'000).removed, Clients{5});
}

TEST(Awareness, MovesWithItsClients) {
  Awareness before;
  ASSERT_TRUE(before.apply(message({{1, 1, "{}"}, {2, 1, "{}"}}), 0));
  Awareness awareness = std::move(before);
  before = Awareness();
  EXPECT_TRUE(before.clients().empty());
  EXPECT_EQ(awareness.present(), 2U);
  ASSERT_TRUE(awareness.apply(message({{1, 2, "{}"}}), 10));
  EXPECT_EQ(awareness.expire(30'000).removed, Clients{2});
  EXPECT_EQ(awareness.expire(30'010).removed, Clients{1});
}

TEST(Awareness, LimitsRefuseWholeMessages) {
  Awareness awareness({.max_clients = 2, .max_state_bytes = 10, .max_total_bytes = 15});
  EXPECT_EQ(awareness.apply(message({{1, 1, "{}"}, {2, 1, R"("0123456789")"}}), 0).error().code,
            ErrorCode::kTooLarge);
  EXPECT_TRUE(awareness.clients().empty());
  ASSERT_TRUE(awareness.apply(message({{1, 1, "{}"}, {2, 1, "{}"}}), 0));
  EXPECT_EQ(awareness.apply(message({{2, 2, "[]"}, {3, 1, "{}"}}), 0).error().code,
            ErrorCode::kTooLarge);
  EXPECT_EQ(awareness.state(2), "{}");
  EXPECT_EQ(
      awareness.apply(message({{1, 2, "\"12345678\""}, {2, 2, "\"12345678\""}}), 0).error().code,
      ErrorCode::kTooLarge);
}

TEST(Awareness, RefusesBadMessages) {
  Awareness awareness;
  EXPECT_EQ(awareness.apply(message({{1, 1, "{"}}), 0).error().code, ErrorCode::kMalformed);
  Bytes cut = message({{1, 1, "{}"}});
  cut.pop_back();
  EXPECT_EQ(awareness.apply(cut, 0).error().code, ErrorCode::kMalformed);
  Bytes longer = message({{1, 1, "{}"}});
  longer.push_back(0);
  EXPECT_EQ(awareness.apply(longer, 0).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(awareness.apply(Bytes{}, 0).error().code, ErrorCode::kMalformed);
}

}  // namespace
}  // namespace syncline::crdt
