// What a whole node shows of itself: its metrics, also on the listener of the monitoring, and its log.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "backend/net/http_client.h"
#include "backend/report/log_writer.h"
#include "backend/server/node.h"
#include "backend/store_test_dir.h"
#include "node/memory_plan.h"
#include "support/prometheus.h"

namespace syncline::testing {
namespace {

backend::NodeOptions node_options(const std::string& data_dir) {
  backend::NodeOptions options;
  options.data_dir = data_dir;
  options.port = 0;
  options.loops = 2;
  return options;
}

TEST(ObserveNode, ThePageIsValidAndHasEverything) {
  const TempDir dir;
  backend::LogWriter log({.levels = observe::Levels(observe::Level::kError)});
  auto options = node_options(dir.path());
  options.log = &log;
  const auto node = backend::Node::start(std::move(options));
  ASSERT_TRUE(node.has_value()) << node.error().message;
  const auto answer = backend::http_get((*node)->url() + "/metrics", {});
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  const PrometheusPage page(answer->body);
  EXPECT_EQ(page.error(), "");
  for (const char* name : {"loop_turn_seconds",
                           "slow_turns_total",
                           "slow_turn_milliseconds_total",
                           "write_durable_seconds",
                           "write_alone_durable_seconds",
                           "write_long_durable_seconds",
                           "write_appended_seconds",
                           "loop_called_seconds",
                           "thread_run_milliseconds_total",
                           "thread_wait_milliseconds_total",
                           "write_sent_seconds",
                           "changes_in_flight",
                           "log_commit_seconds",
                           "log_sync_seconds",
                           "log_commit_events",
                           "log_commit_bytes",
                           "log_queue_requests",
                           "log_queue_bytes",
                           "read_queue_requests",
                           "snapshot_queue_requests",
                           "snapshot_queue_bytes",
                           "snapshot_files_written_total",
                           "snapshot_file_bytes_total",
                           "snapshot_files_removed_total",
                           "snapshots_refused_total",
                           "send_queue_bytes",
                           "object_bytes",
                           "object_budget_bytes",
                           "tls_failures_total",
                           "report_lines_total",
                           "report_lines_suppressed_total",
                           "report_lines_dropped_total",
                           "memory_level",
                           "memory_part_bytes",
                           "memory_part_limit_bytes",
                           "memory_joins_put_off_total",
                           "rate_slowed_total",
                           "rate_requests_refused_total",
                           "connections_refused_by_address_total",
                           "presence_evictions_total",
                           "changes_waiting_refused_total",
                           "build_info",
                           "process_resident_memory_bytes"})
    EXPECT_TRUE(page.names().contains(std::string("syncline_") + name)) << name;
  EXPECT_GT(page.value("syncline_loop_turn_seconds_count"), 0);
  EXPECT_GT(page.value("syncline_loop_called_seconds_count"), 0);
  for (const char* threads : {"loops", "workers", "committer", "readers", "snapshots"})
    EXPECT_TRUE(
        page.has(fmt::format("syncline_thread_wait_milliseconds_total{{threads=\"{}\"}}", threads)))
        << threads;
  const node::MemoryPlan plan = node::plan_memory(backend::NodeOptions().memory_bytes);
  EXPECT_EQ(page.value("syncline_object_budget_bytes"), static_cast<double>(plan.objects));
  for (const auto& [part, limit] :
       {std::pair{"objects", plan.objects}, std::pair{"queues", plan.queues},
        std::pair{"receiving", plan.receiving}, std::pair{"disk_queue", plan.disk_queue},
        std::pair{"store_cache", plan.store_cache}, std::pair{"store_writes", plan.store_writes},
        std::pair{"snapshots", plan.snapshots}})
    EXPECT_EQ(page.value(fmt::format("syncline_memory_part_limit_bytes{{part=\"{}\"}}", part)),
              static_cast<double>(limit))
        << part;
  EXPECT_EQ(page.value("syncline_memory_limit_bytes"), static_cast<double>(plan.total));
  EXPECT_GT(page.value("syncline_process_resident_memory_bytes"), 0);
}

TEST(ObserveNode, TheListenerOfTheMonitoringNeedsNoTokenAndServesNothingElse) {
  const TempDir dir;
  auto options = node_options(dir.path());
  options.access = identity::Access({{"secret", {.id = "ann"}}});
  options.metrics_address = "127.0.0.1";
  const auto node = backend::Node::start(std::move(options));
  ASSERT_TRUE(node.has_value()) << node.error().message;
  const auto status = [](const std::string& url) {
    const auto answer = backend::http_get(url, {});
    return answer ? answer->status : 0;
  };
  const std::string metrics = (*node)->metrics_url();
  EXPECT_TRUE(metrics.ends_with("/metrics")) << metrics;
  EXPECT_EQ(status(metrics), 200);
  EXPECT_EQ(status((*node)->url() + "/metrics"), 401);
  const std::string base = metrics.substr(0, metrics.size() - std::string("/metrics").size());
  for (const char* path : {"/", "/v1/workspaces", "/healthz", "/y/w/doc"})
    EXPECT_EQ(status(base + path), 404) << path;
  EXPECT_TRUE((*node)->drain(10'000)) << "the monitoring does not hold it up";
}

TEST(ObserveNode, AListenerThatCannotBeHadFailsTheStart) {
  const TempDir dir;
  const TempDir other;
  auto options = node_options(dir.path());
  options.metrics_address = "127.0.0.1";
  const auto node = backend::Node::start(std::move(options));
  ASSERT_TRUE(node.has_value()) << node.error().message;
  auto second = node_options(other.path());
  second.metrics_address = "127.0.0.1";
  second.metrics_port = (*node)->port();
  const auto refused = backend::Node::start(std::move(second));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace syncline::testing
