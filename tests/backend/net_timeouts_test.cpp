// The tick that looks at every connection.
#include <memory>
#include <vector>

#include "backend/net_support.h"

namespace syncline::backend {
namespace {

// Each visit may send a ping. Seen with 19,500 connections: a turn of 17 ms each second.
TEST(NetTimeouts, ManyConnectionsAreVisitedInSeveralTurns) {
  constexpr std::size_t kConnections = 600;
  ServerOptions options;
  options.ping_interval_ms = 400;  // so that the tick is fine
  TestServer test(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::size_t i = 0; i < kConnections; ++i) {
    clients.push_back(std::make_unique<RawClient>(test.port));
    ASSERT_TRUE(clients.back()->connected());
  }
  ASSERT_TRUE(comes_true([&] { return test.server.counters().open == kConnections; }));
  const ServerCounters before = test.server.counters();
  const auto seen = [&] { return test.server.counters().visits - before.visits; };
  ASSERT_TRUE(comes_true([&] { return seen() >= 3 * kConnections; }));
  const ServerCounters after = test.server.counters();
  EXPECT_LE(after.visits - before.visits, 64 * (after.visit_turns - before.visit_turns + 1));
}

}  // namespace
}  // namespace syncline::backend
