#include "api/metrics.h"

#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "state/retention_keeper.h"

namespace syncline::api {
namespace {

// The counters of one loop, copied on that loop.
struct LoopSample {
  workspace::Counters workspace;
  session::Counters session;
  state::RetentionCounters retention;
  state::CacheCounters cache;
  std::size_t cache_bytes = 0;
  std::size_t quarantined = 0;
  std::uint64_t quarantines = 0;
  std::size_t objects = 0;
  std::size_t workspaces = 0;
  std::size_t shut = 0;  // workspaces
  std::uint64_t shuts = 0;
};

LoopSample sample(const node::Shard& shard) {
  return {.workspace = shard.workspace_counters,
          .session = shard.session_counters,
          .retention = shard.retention.counters(),
          .cache = shard.cache.counters(),
          .cache_bytes = shard.cache.bytes(),
          .quarantined = shard.quarantine.size(),
          .quarantines = shard.quarantine.added(),
          .objects = shard.cache.residents(),
          .workspaces = shard.host.workspaces(),
          .shut = shard.host.shut().all().size(),
          .shuts = shard.host.shut().added()};
}

template <typename Get>
std::uint64_t sum(const std::vector<LoopSample>& loops, Get&& get) {
  std::uint64_t total = 0;
  for (const LoopSample& loop : loops) total += get(loop);
  return total;
}

void add_workspaces(MetricsPage& page, const std::vector<LoopSample>& loops) {
  auto total = [&](auto get) { return sum(loops, get); };
  page.counter("changes_accepted_total", "Changes that became events.",
               total([](auto& l) { return l.workspace.changes_accepted; }));
  page.counter("changes_known_total", "Changes that held nothing new.",
               total([](auto& l) { return l.workspace.changes_known; }));
  page.counter("changes_waiting_total", "Changes kept until those that they depend on arrive.",
               total([](auto& l) { return l.workspace.changes_waiting; }));
  page.counter("changes_refused_total", "Changes refused.",
               total([](auto& l) { return l.workspace.changes_refused; }));
  page.counter("change_bytes_total", "Bytes of accepted changes.",
               total([](auto& l) { return l.workspace.bytes_accepted; }));
  page.counter("events_committed_total", "Events made durable.",
               total([](auto& l) { return l.workspace.events_committed; }));
  page.counter("clock_steps_total", "Jumps of the wall clock by more than a minute.",
               total([](auto& l) { return l.workspace.clock_steps; }));
  page.counter("clock_eras_total", "Logs that went back to the present after a clock was ahead.",
               total([](auto& l) { return l.workspace.eras; }));
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

void add_sessions(MetricsPage& page, const std::vector<LoopSample>& loops) {
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

void add_retention(MetricsPage& page, const std::vector<LoopSample>& loops) {
  auto total = [&](auto get) { return sum(loops, get); };
  page.counter("retention_payloads_dropped_total", "Payloads that rules of retention dropped.",
               total([](auto& l) { return l.retention.payloads; }));
  page.counter("retention_bytes_dropped_total", "Bytes by which their records became smaller.",
               total([](auto& l) { return l.retention.bytes; }));
  page.counter("retention_snapshots_dropped_total", "Snapshots that went with them.",
               total([](auto& l) { return l.retention.snapshots; }));
  page.counter("retention_failures_total", "Turns of carrying out a rule that failed.",
               total([](auto& l) { return l.retention.failures; }));
}

// Collects one sample per loop, each taken on its loop. The last one to arrive sends the answer.
struct Collection {
  Collection(std::size_t count, http::Responder answerer)
      : loops(count), missing(count), responder(std::move(answerer)) {}

  std::vector<LoopSample> loops;
  std::atomic<std::size_t> missing;
  http::Responder responder;
};

void answer_metrics(const Context& context, Collection& collection) {
  MetricsPage page;
  add_workspaces(page, collection.loops);
  add_sessions(page, collection.loops);
  add_retention(page, collection.loops);
  if (context.add_metrics) context.add_metrics(page);
  http::Response response;
  response.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = page.take();
  collection.responder.respond(std::move(response));
}

}  // namespace

void MetricsPage::add(std::string_view name, std::string_view help, std::string_view type,
                      std::uint64_t value) {
  text_ += fmt::format("# HELP syncline_{0} {1}\n# TYPE syncline_{0} {2}\nsyncline_{0} {3}\n", name,
                       help, type, value);
}

void MetricsPage::histogram(std::string_view name, std::string_view help,
                            std::span<const HistogramBucket> buckets, double sum) {
  text_ += fmt::format("# HELP syncline_{0} {1}\n# TYPE syncline_{0} histogram\n", name, help);
  std::uint64_t total = 0;
  for (const HistogramBucket& bucket : buckets) {
    total += bucket.count;
    const std::string bound = std::isinf(bucket.up_to) ? "+Inf" : fmt::format("{}", bucket.up_to);
    text_ += fmt::format("syncline_{}_bucket{{le=\"{}\"}} {}\n", name, bound, total);
  }
  text_ += fmt::format("syncline_{0}_sum {1}\nsyncline_{0}_count {2}\n", name, sum, total);
}

void serve_metrics(const Context& context, http::Responder responder) {
  const std::size_t loops = context.shards.size();
  const auto collection = std::make_shared<Collection>(loops, std::move(responder));
  for (std::size_t i = 0; i < loops; ++i) {
    context.shards.on(i, [&context, collection, i](const node::Shard& shard) {
      collection->loops[i] = sample(shard);
      if (--collection->missing == 0) answer_metrics(context, *collection);
    });
  }
}

}  // namespace syncline::api
