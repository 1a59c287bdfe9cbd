#include "api/metrics.h"

#include <gtest/gtest.h>

#include <string>

#include "api/serve.h"
#include "observe/levels.h"
#include "support/prometheus.h"
#include "support/test_api.h"

namespace syncline::api {
namespace {

using testing::PrometheusPage;
using testing::TestApi;
using testing::Typist;

TEST(ApiMetrics, ThePageOfSeveralLoopsIsValid) {
  TestApi node({}, 3);
  for (const char* workspace : {"a", "b", "c", "d"})
    node.change(workspace, "notes", Typist(1).type("x"));
  const auto answer = node.ask("GET", "/metrics");
  EXPECT_EQ(answer->head->status, 200);
  EXPECT_EQ(answer->header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  const PrometheusPage page(answer->body);
  EXPECT_EQ(page.error(), "");
  EXPECT_EQ(page.value("syncline_changes_accepted_total"), 4);
  EXPECT_EQ(page.value("syncline_changes_in_flight"), 0);
  EXPECT_EQ(page.value("syncline_write_durable_seconds_count"), 4);
  EXPECT_TRUE(page.has("syncline_loop_turn_seconds_count"));
  EXPECT_TRUE(page.has("syncline_write_sent_seconds_count"));
}

// The slow turns of all loops are added up by name.
TEST(ApiMetrics, SlowTurnsOfAllLoopsAreOneCounter) {
  static std::uint64_t now_ns = 0;
  observe::LoopMeasures measures({.read = [] { return now_ns; }});
  for (const char* what : {"blame", "blame", "change"}) {
    measures.turns.begin(what);
    now_ns += 5'000'000;
    measures.turns.end();
  }
  TestApi node({}, 2, &measures);
  const PrometheusPage page(node.ask("GET", "/metrics")->body);
  EXPECT_EQ(page.error(), "");
  EXPECT_EQ(page.value("syncline_slow_turns_total{what=\"blame\"}"), 4);
  EXPECT_EQ(page.value("syncline_slow_turn_milliseconds_total{what=\"change\"}"), 10);
  EXPECT_EQ(page.value("syncline_loop_turn_seconds_count"), 6);
}

// The listener of the monitoring asks for no token, and so it serves nothing else.
TEST(ApiMetrics, TheListenerOfTheMonitoringServesNothingElse) {
  TestApi node(identity::Access({{"secret", {.id = "ann"}}}));
  EXPECT_EQ(node.ask("GET", "/metrics")->head->status, 401);
  node.handler = make_metrics_handler(node.context);
  const auto answer = node.ask("GET", "/metrics");
  EXPECT_EQ(answer->head->status, 200);
  EXPECT_EQ(PrometheusPage(answer->body).error(), "");
  EXPECT_EQ(node.ask("POST", "/metrics")->head->status, 405);
  for (const char* path : {"/", "/v1/workspaces", "/healthz", "/metrics/", "/v1/log-level"}) {
    const auto refused = node.ask("GET", path, "Authorization: Bearer secret\r\n");
    EXPECT_EQ(refused->head->status, 404) << path;
  }
}

class TestSwitch final : public observe::LevelSwitch {
 public:
  observe::Levels levels() const override { return now; }
  void set_levels(const observe::Levels& levels) override { now = levels; }
  observe::Levels now;
};

TEST(ApiLogLevel, IsReadAndChanged) {
  TestApi node(identity::Access(
      {{"full", {.id = "ann"}}, {"look", {.id = "bob", .rights = identity::Rights::reading()}}}));
  const auto ask = [&](const char* method, const std::string& query, const char* token) {
    return node.ask(method, "/v1/log-level" + query,
                    std::string("Authorization: Bearer ") + token + "\r\n");
  };
  EXPECT_EQ(ask("GET", "", "full")->head->status, 501);
  TestSwitch levels;
  node.context.log_levels = &levels;
  EXPECT_EQ(ask("GET", "", "look")->body, "{\"log_level\":\"info\"}\n");
  EXPECT_EQ(ask("PUT", "?level=warn,net%3Ddebug", "full")->body,
            "{\"log_level\":\"warn,net=debug\"}\n");
  EXPECT_EQ(levels.now.of(observe::Area::kNet), observe::Level::kDebug);
  EXPECT_EQ(ask("PUT", "?level=loud", "full")->head->status, 400);
  EXPECT_EQ(ask("PUT", "", "full")->head->status, 400);
  EXPECT_EQ(ask("PUT", "?level=info", "look")->head->status, 403);
  EXPECT_EQ(ask("PUT", "?level=info", "wrong")->head->status, 401);
  EXPECT_EQ(to_string(levels.now), "warn,net=debug");
}

}  // namespace
}  // namespace syncline::api
