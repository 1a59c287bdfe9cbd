#include "load/scenario_support.h"
#include "load/scenarios.h"
#include "load/writing.h"

namespace syncline::bench {
namespace {

struct TrafficPlan {
  std::size_t documents;
  std::size_t clients;  // per document
  std::size_t writers;  // those of them that write
  double rate;          // per writer and second; 0: as fast as possible
  std::uint32_t window;
  double warm;  // seconds before the measurement
  double seconds;
  double drain;  // seconds for updates in flight at the end to arrive
};

TrafficPlan traffic_plan(Options& options) {
  return {.documents = options.count("documents", 1),
          .clients = options.count("clients", 2),
          .writers = options.count("writers", 1),
          .rate = options.number("rate", 0),
          .window = static_cast<std::uint32_t>(options.count("window", 32)),
          .warm = options.number("warm", 2),
          .seconds = options.number("seconds", 8),
          .drain = options.number("drain", 20)};
}

// Returns the largest lateness of an update.
double write_until(Fleet& fleet, const TrafficPlan& plan, Nanoseconds until) {
  if (plan.rate > 0) return write_at_rate(fleet, plan.rate, until);
  write_flat_out(fleet, plan.window, 0, until);
  return 0;
}

double per_second(std::uint64_t count, const Spent& spent) {
  return static_cast<double>(count) / spent.seconds;
}

}  // namespace

void run_traffic(Run& run) {
  const TrafficPlan plan = traffic_plan(run.options);
  run.options.all_known();
  Fleet& fleet = run.fleet;
  for (std::size_t d = 0; d < plan.documents; ++d) {
    Document& document = fleet.add_document(document_name(run, d));
    for (std::size_t c = 0; c < plan.clients; ++c) fleet.add_client(document, c < plan.writers);
  }
  fleet.open(fleet.all(), kAtOnce, kPatience);
  fleet.quiet_down();
  if (plan.warm > 0) write_until(fleet, plan, now_ns() + from_seconds(plan.warm));

  Deliveries& deliveries = fleet.deliveries();
  const std::uint64_t frames = fleet.wire().frames_in;
  const Usage before = run.server.usage();
  const Nanoseconds until = before.at + from_seconds(plan.seconds);
  deliveries.measure(before.at, until);
  const double late = write_until(fleet, plan, until);
  const Spent spent(before, run.server.usage());
  const std::uint64_t frames_in_time = fleet.wire().frames_in - frames;
  fleet.drain(plan.drain);

  Report& report = run.report;
  report.number("deliveries_per_s", per_second(deliveries.delivered_in_time, spent));
  report.number("us_cpu_per_delivery",
                spent.server_cpu * 1e6 / static_cast<double>(deliveries.delivered_in_time));
  report.times("latency_ms", deliveries.latency);
  report.times("saved_ms", deliveries.save_latency);
  report.number("updates_per_s", per_second(deliveries.sent_in_time, spent));
  report.number("frames_in_per_s", per_second(frames_in_time, spent));
  report_cores(report, "traffic", spent);
  report.number("peak_mb", run.server.peak() / 1024);
  report.number("late_ms", late * 1000);
}

}  // namespace syncline::bench
