#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/operate/server_view.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

using crdt::Any;

struct StatusOptions {
  SourceOptions source;
  bool json = false;
};

std::string level_text(std::uint64_t level) {
  return level == 0 ? "easy" : level == 1 ? "short: those who hold most shrink" : "full";
}

std::uint64_t uptime_s(const ServerView& view) {
  const std::uint64_t started = view.metrics.number("process_start_time_seconds");
  return view.unix_ms / 1000 - std::min(view.unix_ms / 1000, started);
}

// The mean time that an author waits for an acknowledgement.
double mean_wait_ms(const MetricValues& metrics) {
  const double count = metrics.of("write_durable_seconds_count");
  return count > 0 ? metrics.of("write_durable_seconds_sum") / count * 1000 : 0;
}

std::string backup_text(const ServerView& view) {
  const std::uint64_t last = view.metrics.number("last_backup_time_seconds");
  if (last == 0) return "none since the start";
  return duration_text(view.unix_ms / 1000 - std::min(view.unix_ms / 1000, last)) + " ago";
}

void print_view(const ServerView& view, const std::string& url, Console& console) {
  const MetricValues& m = view.metrics;
  const auto n = [&m](std::string_view name) { return m.number(name); };
  const auto line = [&console](std::string_view title, const std::string& text) {
    console.line(fmt::format("{:<12} {}", title, text));
  };
  line("server", fmt::format("{}, version {}, up {}", url, m.label_of("build_info"),
                             duration_text(uptime_s(view))));
  line("health", console.paint(view.ready ? Colour::kGreen : Colour::kRed, view.readiness));
  line("workspaces", fmt::format("{} in memory, {} shut", n("workspaces"), n("workspaces_shut")));
  line("objects", fmt::format("{} in memory with {} of {}, {} in quarantine", n("objects"),
                              size_text(n("object_bytes")), size_text(n("object_budget_bytes")),
                              n("objects_quarantined")));
  line("sessions",
       fmt::format("{}, {}, {}", count_of(n("websockets"), "WebSocket"),
                   count_of(n("connections"), "connection"), count_of(n("event_feeds"), "feed")));
  line("changes", fmt::format("{} accepted, {} refused, {} under way; {:.1f} ms to the disk",
                              n("changes_accepted_total"), n("changes_refused_total"),
                              n("changes_in_flight"), mean_wait_ms(m)));
  line("memory", fmt::format("{} of {}, {}", size_text(n("process_resident_memory_bytes")),
                             size_text(n("memory_limit_bytes")), level_text(n("memory_level"))));
  line("disk", fmt::format("{} free of {}{}", size_text(n("disk_free_bytes")),
                           size_text(n("disk_size_bytes")), n("disk_full") > 0 ? ", FULL" : ""));
  line("queues",
       fmt::format("log {}, reads {}, snapshots {}, jobs {}, to clients {}",
                   n("log_queue_requests"), n("read_queue_requests"), n("snapshot_queue_requests"),
                   n("jobs_waiting"), size_text(n("send_queue_bytes"))));
  line("last backup", backup_text(view));
}

std::string view_json(const ServerView& view, const std::string& url) {
  const MetricValues& m = view.metrics;
  const auto n = [&m](std::string_view name) { return json_number(m.number(name)); };
  const std::uint64_t backup = m.number("last_backup_time_seconds");
  return compact_json(
      Any::Object{{"server", Any(url)},
                  {"ready", Any(view.ready)},
                  {"health", Any(view.readiness)},
                  {"version", Any(m.label_of("build_info"))},
                  {"uptime_seconds", json_number(uptime_s(view))},
                  {"workspaces", n("workspaces")},
                  {"workspaces_shut", n("workspaces_shut")},
                  {"objects", n("objects")},
                  {"objects_quarantined", n("objects_quarantined")},
                  {"websockets", n("websockets")},
                  {"connections", n("connections")},
                  {"changes_accepted", n("changes_accepted_total")},
                  {"changes_refused", n("changes_refused_total")},
                  {"changes_in_flight", n("changes_in_flight")},
                  {"write_durable_mean_ms", Any(mean_wait_ms(m))},
                  {"memory", Any(Any::Object{{"resident_bytes", n("process_resident_memory_bytes")},
                                             {"limit_bytes", n("memory_limit_bytes")},
                                             {"level", n("memory_level")},
                                             {"object_bytes", n("object_bytes")},
                                             {"object_budget_bytes", n("object_budget_bytes")}})},
                  {"disk", Any(Any::Object{{"free_bytes", n("disk_free_bytes")},
                                           {"size_bytes", n("disk_size_bytes")},
                                           {"full", Any(m.number("disk_full") > 0)}})},
                  {"queues", Any(Any::Object{{"log", n("log_queue_requests")},
                                             {"reads", n("read_queue_requests")},
                                             {"snapshots", n("snapshot_queue_requests")},
                                             {"jobs", n("jobs_waiting")},
                                             {"send_bytes", n("send_queue_bytes")}})},
                  {"last_backup_seconds", backup == 0 ? Any(Any::Null{}) : json_number(backup)}});
}

int print_status(const Command& command, const StatusOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.unusable(api.error());
  const auto view = look_at_server(*api);
  if (!view) return console.failed(view.error());
  if (options.json)
    console.line(view_json(*view, options.source.server));
  else
    print_view(*view, options.source.server, console);
  return view->ready ? kDone : kFailed;
}

}  // namespace

void add_status(Command& root) {
  Command& command = root.add("status", "Print how a running server is, at one glance");
  auto options = std::make_shared<StatusOptions>();
  source_options(command, options->source, "The server, such as http://127.0.0.1:4400",
                 "Not of use here: only a running server has a state");
  command.json_flag(options->json);
  command.details(
      "Health, version, sessions, memory, disk, queues and the last backup, from /readyz and "
      "/metrics. "
      "Exits 1 if the server is not ready, or not there. The last backup is the last one that this "
      "process has made.");
  command.example("syncline status --server http://127.0.0.1:4400", "for people");
  command.example("syncline status --json --server http://127.0.0.1:4400", "for a script");
  command.run(
      [&command, options](Console& console) { return print_status(command, *options, console); });
}

}  // namespace syncline::cli
