#include "backend/server/metrics.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "backend/net/event_loop.h"
#include "backend/store/rocksdb_store.h"
#include "state/retention_keeper.h"

namespace syncline::backend {
namespace {

// What one loop counts, copied on that loop.
struct LoopSample {
  workspace::Counters workspace;
  session::Counters session;
  state::CacheCounters cache;
  std::size_t cache_bytes = 0;
  std::size_t quarantined = 0;
  std::uint64_t quarantines = 0;
  std::size_t objects = 0;
  std::size_t workspaces = 0;
  std::size_t shut = 0;  // workspaces
  std::uint64_t shuts = 0;
};

LoopSample sample(const LoopShard& shard) {
  return {.workspace = shard.workspace_counters,
          .session = shard.session_counters,
          .cache = shard.cache.counters(),
          .cache_bytes = shard.cache.bytes(),
          .quarantined = shard.quarantine.size(),
          .quarantines = shard.quarantine.added(),
          .objects = shard.cache.residents(),
          .workspaces = shard.host.workspaces(),
          .shut = shard.host.shut().all().size(),
          .shuts = shard.host.shut().added()};
}

class Page {
 public:
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    add(name, help, "counter", value);
  }
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    add(name, help, "gauge", value);
  }

  void commit_latency(const StoreCounters& store) {
    constexpr std::string_view kName = "syncline_log_commit_seconds";
    text_ +=
        fmt::format("# HELP {0} Time of one commit, sync included.\n# TYPE {0} histogram\n", kName);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < store.commit_latency.size(); ++i) {
      total += store.commit_latency[i];
      const double bound = static_cast<double>(64ULL << i) / 1e6;
      if (i + 1 < store.commit_latency.size()) {
        text_ += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", kName, bound, total);
      }
    }
    text_ += fmt::format("{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n", kName,
                         total, static_cast<double>(store.commit_us_total) / 1e6);
  }

  std::string take() { return std::move(text_); }

 private:
  void add(std::string_view name, std::string_view help, std::string_view type,
           std::uint64_t value) {
    text_ += fmt::format("# HELP syncline_{0} {1}\n# TYPE syncline_{0} {2}\nsyncline_{0} {3}\n",
                         name, help, type, value);
  }

  std::string text_;
};

std::uint64_t resident_memory_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

template <typename Get>
std::uint64_t sum(const std::vector<LoopSample>& loops, Get&& get) {
  std::uint64_t total = 0;
  for (const LoopSample& loop : loops) total += get(loop);
  return total;
}

void add_workspaces(Page& page, const std::vector<LoopSample>& loops) {
  auto total = [&](auto get) { return sum(loops, get); };
  page.counter("changes_accepted_total", "Changes that became events.",
               total([](auto& l) { return l.workspace.changes_accepted; }));
  page.counter("changes_known_total", "Changes that held nothing new.",
               total([](auto& l) { return l.workspace.changes_known; }));
  page.counter("changes_refused_total", "Changes refused.",
               total([](auto& l) { return l.workspace.changes_refused; }));
  page.counter("change_bytes_total", "Bytes of accepted changes.",
               total([](auto& l) { return l.workspace.bytes_accepted; }));
  page.counter("events_committed_total", "Events made durable.",
               total([](auto& l) { return l.workspace.events_committed; }));
  page.counter("workspace_resets_total", "Views dropped because the log refused an append.",
               total([](auto& l) { return l.workspace.resets; }));
  page.gauge("workspaces", "Workspaces in memory.", total([](auto& l) { return l.workspaces; }));
  page.gauge("workspaces_shut", "Workspaces that are shut because their log is damaged.",
             total([](auto& l) { return l.shut; }));
  page.counter("workspace_shuts_total", "Times that a workspace was shut.",
               total([](auto& l) { return l.shuts; }));
  page.gauge("objects", "Objects in memory.", total([](auto& l) { return l.objects; }));
  page.gauge("object_bytes", "Measured memory of those objects.",
             total([](auto& l) { return l.cache_bytes; }));
  page.counter("object_loads_total", "Objects loaded from the log.",
               total([](auto& l) { return l.cache.loads; }));
  page.counter("object_load_failures_total", "Objects that could not be loaded.",
               total([](auto& l) { return l.cache.load_failures; }));
  page.gauge("objects_quarantined", "Objects that cannot be served.",
             total([](auto& l) { return l.quarantined; }));
  page.counter("object_quarantines_total", "Times that an object was found to be such.",
               total([](auto& l) { return l.quarantines; }));
  page.counter("object_evictions_total", "Objects evicted under the memory budget.",
               total([](auto& l) { return l.cache.evictions; }));
  page.counter("snapshots_total", "Snapshots written.",
               total([](auto& l) { return l.cache.snapshots; }));
  page.counter("snapshot_deltas_total", "Of these, those that hold what changed and not the whole.",
               total([](auto& l) { return l.cache.snapshot_deltas; }));
  page.counter("snapshot_bytes_total", "Bytes of all of them.",
               total([](auto& l) { return l.cache.snapshot_bytes; }));
  page.counter("snapshots_damaged_total", "Damaged snapshots rebuilt from the log.",
               total([](auto& l) { return l.cache.damaged_snapshots; }));
}

void add_sessions(Page& page, const std::vector<LoopSample>& loops) {
  auto total = [&](auto get) { return sum(loops, get); };
  page.counter("sessions_opened_total", "Sessions opened.",
               total([](auto& l) { return l.session.opened; }));
  page.counter("sessions_closed_total", "Sessions closed.",
               total([](auto& l) { return l.session.closed; }));
  page.counter("sessions_denied_total", "Credentials refused.",
               total([](auto& l) { return l.session.denied; }));
  page.counter("updates_received_total", "Updates taken from clients.",
               total([](auto& l) { return l.session.updates_in; }));
  page.counter("updates_sent_total", "Updates passed on to clients.",
               total([](auto& l) { return l.session.updates_out; }));
  page.counter("updates_refused_total", "Updates refused.",
               total([](auto& l) { return l.session.updates_refused; }));
  page.counter("acks_total", "Updates acknowledged as durable.",
               total([](auto& l) { return l.session.acks; }));
  page.counter("awareness_received_total", "Awareness updates from clients.",
               total([](auto& l) { return l.session.awareness_in; }));
  page.counter("awareness_dropped_total", "Of these, those that were over a limit.",
               total([](auto& l) { return l.session.awareness_dropped; }));
  page.counter("refusals_delayed_total", "Clients refused again and closed later for that.",
               total([](auto& l) { return l.session.kept_waiting; }));
  page.counter("slow_readers_total", "Times that a slow reader's queue was dropped.",
               total([](auto& l) { return l.session.fell_behind; }));
  page.counter("fast_writers_total", "Times that reading from a client was held back.",
               total([](auto& l) { return l.session.held_back; }));
}

void add_network(Page& page, const ServerCounters& net) {
  page.gauge("connections", "Open connections.", net.open);
  page.gauge("websockets", "Open WebSockets.", net.open_websockets);
  page.counter("connections_accepted_total", "Connections accepted.", net.accepted);
  page.counter("connections_refused_total", "Connections refused over the limit.",
               net.refused_full);
  page.counter("network_received_bytes_total", "Bytes received.", net.bytes_in);
  page.counter("network_sent_bytes_total", "Bytes sent.", net.bytes_out);
  page.counter("http_requests_total", "HTTP requests served.", net.requests);
  page.counter("http_bad_requests_total", "HTTP requests refused.", net.bad_requests);
  page.counter("protocol_errors_total", "WebSockets failed for what the client sent.",
               net.protocol_errors);
  page.counter("ping_timeouts_total", "WebSockets whose peer was gone.", net.ping_timeouts);
  page.counter("messages_too_big_total", "WebSocket messages over the limit.",
               net.messages_too_big);
  page.counter("write_stalls_total", "Paused WebSockets whose peer took nothing.",
               net.write_stalls);
}

void add_retention(Page& page, const state::RetentionCounters& retention) {
  page.counter("retention_payloads_dropped_total", "Payloads that rules of retention dropped.",
               retention.payloads);
  page.counter("retention_bytes_dropped_total", "Bytes by which their records became smaller.",
               retention.bytes);
  page.counter("retention_snapshots_dropped_total", "Snapshots that went with them.",
               retention.snapshots);
  page.counter("retention_failures_total", "Turns of carrying out a rule that failed.",
               retention.failures);
}

void add_log(Page& page, const StoreCounters& store) {
  page.counter("log_appends_total", "Appends acknowledged.", store.appends);
  page.counter("log_events_total", "Events stored.", store.events);
  page.counter("log_bytes_total", "Bytes of their records.", store.bytes);
  page.counter("log_commits_total", "Commits, each with one sync.", store.commits);
  page.counter("log_failures_total", "Appends refused or failed.", store.failures);
  page.commit_latency(store);
}

// One sample per loop, taken on that loop; the last one to arrive answers.
struct Collection {
  Collection(std::size_t count, http::Responder answerer)
      : loops(count), missing(count), responder(std::move(answerer)) {}

  std::vector<LoopSample> loops;
  state::RetentionCounters retention;  // of the first loop, where its keeper is
  std::atomic<std::size_t> missing;
  http::Responder responder;
};

void answer_metrics(RouteContext& context, Collection& collection) {
  Page page;
  add_workspaces(page, collection.loops);
  add_sessions(page, collection.loops);
  add_network(page, context.server_counters());
  add_log(page, context.store.counters());
  add_retention(page, collection.retention);
  page.gauge("process_resident_memory_bytes", "Resident memory of the process.",
             resident_memory_bytes());
  http::Response response;
  response.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = page.take();
  collection.responder.respond(std::move(response));
}

}  // namespace

void serve_metrics(RouteContext& context, http::Responder responder) {
  auto collection = std::make_shared<Collection>(context.shards.size(), std::move(responder));
  for (std::size_t i = 0; i < context.shards.size(); ++i) {
    context.loops[i].post([&context, collection, i] {
      collection->loops[i] = sample(*context.shards[i]);
      if (i == 0) collection->retention = context.retention.counters();
      if (--collection->missing > 0) return;
      collection->responder.loop().post(
          [&context, collection] { answer_metrics(context, *collection); });
    });
  }
}

}  // namespace syncline::backend
