// What a server's own rounds of retention drop is counted in /metrics.
#include <gtest/gtest.h>

#include <charconv>
#include <chrono>
#include <thread>

#include "backend/net/http_client.h"
#include "backend/server/node.h"
#include "backend/store_test_dir.h"
#include "log/blocking_log.h"
#include "support/history_writer.h"

namespace syncline::testing {
namespace {

std::uint64_t metric(const std::string& page, const std::string& name) {
  const std::string line = "\nsyncline_" + name + " ";
  const std::size_t at = page.find(line);
  std::uint64_t value = ~std::uint64_t{0};
  if (at != std::string::npos)
    std::from_chars(page.data() + at + line.size(), page.data() + page.size(), value);
  return value;
}

TEST(RetentionMetrics, CountWhatTheServersRoundsDrop) {
  const TempDir dir;
  {
    const auto store = open_store(dir.path());
    TestLoop loop;
    const auto raw = store->open_loop(loop);
    BlockingLog log(*raw, loop);
    HistoryWriter writer(1);
    ASSERT_TRUE(log.append("w", writer.next(20), 0).has_value());
    ASSERT_TRUE(log.put_snapshot("w", "o0", 20, as_text(writer.snapshot()), 0).has_value());
    ASSERT_TRUE(log.append("w", writer.next(20), 20).has_value());
    log::RetentionChange rule;
    rule.rule.keep_last = 11;  // its own event is one of them
    ASSERT_TRUE(log.change_retention("w", rule).has_value());
  }
  backend::NodeOptions options;
  options.data_dir = dir.path();
  options.port = 0;
  options.loops = 2;
  options.retention_interval_ms = 20;
  const auto node = backend::Node::start(std::move(options));
  ASSERT_TRUE(node.has_value()) << node.error().message;
  std::string page;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto answer = backend::http_get((*node)->url() + "/metrics", {});
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    page = answer->body;
  } while (metric(page, "retention_payloads_dropped_total") == 0 &&
           std::chrono::steady_clock::now() < end);
  EXPECT_EQ(metric(page, "retention_payloads_dropped_total"), 30u);
  EXPECT_GT(metric(page, "retention_bytes_dropped_total"), 0u);
  EXPECT_LT(metric(page, "retention_bytes_dropped_total"), 30'000u);
  EXPECT_EQ(metric(page, "retention_snapshots_dropped_total"), 1u);
  EXPECT_EQ(metric(page, "retention_failures_total"), 0u);
}

}  // namespace
}  // namespace syncline::testing
