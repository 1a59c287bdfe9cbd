#include "api/metrics.h"

#include <atomic>
#include <map>
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
  workspace::ErasureCounters erasure;
  state::CacheCounters cache;
  std::size_t cache_bytes = 0;
  std::size_t quarantined = 0;
  std::uint64_t quarantines = 0;
  std::size_t objects = 0;
  std::size_t workspaces = 0;
  std::size_t shut = 0;  // workspaces
  std::uint64_t shuts = 0;
  std::size_t feeds = 0;
  std::uint64_t feed_reads = 0;
  hooks::HookCounters hooks;
  std::size_t webhooks = 0;
  std::size_t webhooks_disabled = 0;
  std::size_t webhooks_late = 0;  // objects
  std::size_t agent_sessions = 0;
  std::size_t agents_at_work = 0;
  std::uint64_t requests_refused = 0;  // over a rate
  std::uint64_t requests_put_off = 0;  // for lack of memory
  observe::Histogram turns_us = observe::Histogram::microseconds();
  observe::Histogram sent_us = observe::Histogram::microseconds();
  observe::Histogram called_us = observe::Histogram::microseconds();
  std::vector<observe::TurnMeter::Slow> slow;
};

LoopSample sample(const node::Shard& shard) {
  LoopSample sample{
      .workspace = shard.workspace_counters,
      .session = shard.session_counters,
      .retention = shard.retention.counters(),
      .erasure = shard.erasure ? shard.erasure->counters() : workspace::ErasureCounters(),
      .cache = shard.cache.counters(),
      .cache_bytes = shard.cache.bytes(),
      .quarantined = shard.quarantine.size(),
      .quarantines = shard.quarantine.added(),
      .objects = shard.cache.residents(),
      .workspaces = shard.host.workspaces(),
      .shut = shard.host.shut().all().size(),
      .shuts = shard.host.shut().added(),
      .feeds = shard.feeds.size() + shard.streams.size(),
      .feed_reads = shard.feeds.tail().reads(),
      .hooks = shard.hooks.counters(),
      .webhooks = shard.hooks.size(),
      .webhooks_disabled = shard.hooks.disabled(),
      .webhooks_late = shard.hooks.late(),
      .agent_sessions = shard.agents.sessions(),
      .agents_at_work = shard.agents.at_work(),
      .requests_refused = shard.requests_refused,
      .requests_put_off = shard.requests_put_off};
  if (shard.measures != nullptr) {
    sample.turns_us = shard.measures->turns.turns();
    sample.sent_us = shard.measures->sent_us;
    sample.called_us = shard.measures->called_us;
    sample.slow = shard.measures->turns.slow();
  }
  return sample;
}

template <typename Get>
std::uint64_t sum(const std::vector<LoopSample>& loops, Get&& get) {
  std::uint64_t total = 0;
  for (const LoopSample& loop : loops) total += get(loop);
  return total;
}

void add_workspaces(observe::MetricsPage& page, const std::vector<LoopSample>& loops) {
  auto total = [&](auto get) { return sum(loops, get); };
  page.counter("changes_accepted_total", "Changes that became events.",
               total([](auto& l) { return l.workspace.changes_accepted; }));
  page.counter("changes_known_total", "Changes that held nothing new.",
               total([](auto& l) { return l.workspace.changes_known; }));
  page.counter("changes_waiting_total", "Changes kept until those that they depend on arrive.",
               total([](auto& l) { return l.workspace.changes_waiting; }));
  page.counter("changes_waiting_refused_total", "Of these, refused because too much waits.",
               total([](auto& l) { return l.workspace.waiting_refused; }));
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

void add_webhooks(observe::MetricsPage& page, const std::vector<LoopSample>& loops) {
  auto total = [&](auto get) { return sum(loops, get); };
  page.gauge("webhooks", "Endpoints of webhooks.", total([](auto& l) { return l.webhooks; }));
  page.gauge("webhooks_disabled", "Of these, those that are disabled.",
             total([](auto& l) { return l.webhooks_disabled; }));
  page.gauge("webhook_late_objects", "Objects that wait for another attempt, or for their time.",
             total([](auto& l) { return l.webhooks_late; }));
  page.counter("webhook_deliveries_total", "Events that a receiver took.",
               total([](auto& l) { return l.hooks.delivered; }));
  page.counter("webhook_failures_total", "Attempts that failed.",
               total([](auto& l) { return l.hooks.failed; }));
  page.counter("webhook_given_up_total", "Events that were given up.",
               total([](auto& l) { return l.hooks.given_up; }));
  page.counter("webhook_unseen_total", "Events that the maker of an endpoint may not read.",
               total([](auto& l) { return l.hooks.unseen; }));
  page.counter("webhook_disables_total", "Times that an endpoint was disabled.",
               total([](auto& l) { return l.hooks.disabled; }));
}

void add_sessions(observe::MetricsPage& page, const std::vector<LoopSample>& loops) {
  auto total = [&](auto get) { return sum(loops, get); };
  page.counter("sessions_opened_total", "Sessions opened.",
               total([](auto& l) { return l.session.opened; }));
  page.counter("sessions_closed_total", "Sessions closed.",
               total([](auto& l) { return l.session.closed; }));
  page.counter("sessions_denied_total", "Credentials refused.",
               total([](auto& l) { return l.session.denied; }));
  const std::array<observe::MetricsPage::Labelled, 5> ended{{
      {"expired", total([](auto& l) { return l.session.ended_expired; })},
      {"revoked", total([](auto& l) { return l.session.ended_revoked; })},
      {"kicked", total([](auto& l) { return l.session.ended_kicked; })},
      {"outdated", total([](auto& l) { return l.session.ended_outdated; })},
      {"policy", total([](auto& l) { return l.session.ended_policy; })},
  }};
  page.counters(
      "sessions_ended_total",
      "Documents ended because of their token or a policy, and connections that an operator "
      "closed.",
      "reason", ended);
  page.counter("tokens_renewed_total", "New tokens taken for documents that were open.",
               total([](auto& l) { return l.session.tokens_renewed; }));
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
  page.gauge("event_feeds", "Clients that follow a workspace or an object over HTTP.",
             total([](auto& l) { return l.feeds; }));
  page.gauge("agent_sessions", "Sessions of the Model Context Protocol.",
             total([](auto& l) { return l.agent_sessions; }));
  page.gauge("agents_at_work", "Objects on which others see an agent.",
             total([](auto& l) { return l.agents_at_work; }));
  page.counter("event_feed_reads_total", "Reads of the log for them.",
               total([](auto& l) { return l.feed_reads; }));
  page.counter("slow_readers_total", "Times that a slow reader's queue was dropped.",
               total([](auto& l) { return l.session.fell_behind; }));
  page.counter("rate_slowed_total", "Times that a client sent or opened too fast and had to wait.",
               total([](auto& l) { return l.session.slowed_down; }));
  page.counter("rate_presence_delayed_total", "Awareness updates over the rate, told later.",
               total([](auto& l) { return l.session.presence_delayed; }));
  page.counter("rate_messages_dropped_total", "Messages to other clients over the rate, dropped.",
               total([](auto& l) { return l.session.messages_dropped; }));
  page.counter("rate_requests_refused_total", "HTTP requests over the rate, refused.",
               total([](auto& l) { return l.requests_refused; }));
  page.counter("memory_answers_put_off_total",
               "Large answers that waited because much was queued for others.",
               total([](auto& l) { return l.session.answers_put_off; }));
  page.counter("memory_joins_put_off_total", "Documents opened later because memory was full.",
               total([](auto& l) { return l.session.joins_put_off; }));
  page.counter("memory_joins_refused_total", "Of these, refused after a while.",
               total([](auto& l) { return l.session.joins_refused; }));
  page.counter("memory_requests_refused_total", "HTTP requests refused because memory was full.",
               total([](auto& l) { return l.requests_put_off; }));
  page.counter("presence_evictions_total",
               "Times that the largest holder of presence in a document lost it to make room.",
               total([](auto& l) { return l.workspace.presence_evictions; }));
  page.counter("fast_writers_total", "Times that reading from a client was held back.",
               total([](auto& l) { return l.session.held_back; }));
}

void add_retention(observe::MetricsPage& page, const std::vector<LoopSample>& loops) {
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

void add_erasure(observe::MetricsPage& page, const std::vector<LoopSample>& loops) {
  const auto total = [&](auto get) { return sum(loops, get); };
  page.counter("erasure_objects_total", "Deleted objects that were erased.",
               total([](auto& l) { return l.erasure.objects; }));
  page.counter("erasure_workspaces_total", "Deleted workspaces that were erased.",
               total([](auto& l) { return l.erasure.workspaces; }));
  page.counter("erasure_payloads_total", "Payloads that were removed for that.",
               total([](auto& l) { return l.erasure.payloads; }));
  page.counter("erasure_bytes_total", "Bytes by which their records became smaller.",
               total([](auto& l) { return l.erasure.bytes; }));
  page.counter("erasure_held_total", "Times that a legal hold prevented an erasure.",
               total([](auto& l) { return l.erasure.held; }));
  page.counter("erasure_failures_total", "Times that an erasure failed; it is tried again.",
               total([](auto& l) { return l.erasure.failures; }));
}

// The histograms of all loops, merged.
template <typename Get>
observe::Histogram merged(const std::vector<LoopSample>& loops, Get&& get) {
  observe::Histogram all = get(loops.front());
  for (std::size_t i = 1; i < loops.size(); ++i) all.merge(get(loops[i]));
  return all;
}

void add_write_path(observe::MetricsPage& page, const std::vector<LoopSample>& loops) {
  page.histogram("write_durable_seconds",
                 "From the turn that received a change to the turn in which it was durable.",
                 merged(loops, [](const LoopSample& l) { return l.workspace.durable_us; }), 1e6);
  page.histogram("write_alone_durable_seconds",
                 "Of these, changes whose author had no other under way, and that a loop prepared.",
                 merged(loops, [](const LoopSample& l) { return l.workspace.alone_durable_us; }),
                 1e6);
  page.histogram("write_long_durable_seconds",
                 "Of these, changes that a worker prepared, or that waited for one.",
                 merged(loops, [](const LoopSample& l) { return l.workspace.long_durable_us; }),
                 1e6);
  page.histogram("write_appended_seconds",
                 "From the turn that passed an append to the log to that of its answer.",
                 merged(loops, [](const LoopSample& l) { return l.workspace.appended_us; }), 1e6);
  page.histogram(
      "write_sent_seconds",
      "From the turn that queued messages for an idle WebSocket until the system took all of them.",
      merged(loops, [](const LoopSample& l) { return l.sent_us; }), 1e6);
  page.gauge("changes_in_flight", "Changes that are accepted and not durable yet.",
             sum(loops, [](const LoopSample& l) {
               return l.workspace.changes_accepted - l.workspace.changes_settled;
             }));
}

// The names are constants of the program, so their number is bounded.
void add_turns(observe::MetricsPage& page, const std::vector<LoopSample>& loops) {
  page.histogram("loop_turn_seconds", "Turns of the event loops.",
                 merged(loops, [](const LoopSample& l) { return l.turns_us; }), 1e6);
  page.histogram("loop_called_seconds",
                 "From when another thread posted a task to a loop to its turn.",
                 merged(loops, [](const LoopSample& l) { return l.called_us; }), 1e6);
  std::map<std::string_view, observe::TurnMeter::Slow> names;
  for (const LoopSample& loop : loops) {
    for (const auto& slow : loop.slow) {
      names[slow.what].turns += slow.turns;
      names[slow.what].us += slow.us;
    }
  }
  std::vector<observe::MetricsPage::Labelled> turns;
  std::vector<observe::MetricsPage::Labelled> milliseconds;
  for (const auto& [what, slow] : names) {
    turns.push_back({what, slow.turns});
    milliseconds.push_back({what, slow.us / 1000});
  }
  page.counters("slow_turns_total", "Turns over 2 ms, by what took most of the turn.", "what",
                turns);
  page.counters("slow_turn_milliseconds_total", "What these turns took.", "what", milliseconds);
}

// Collects one sample per loop, each taken on its loop. The last one to arrive sends the answer.
struct Collection {
  Collection(std::size_t count, TenantsShown shown, http::Responder answerer)
      : loops(count), missing(count), tenants(shown), responder(std::move(answerer)) {}

  std::vector<LoopSample> loops;
  std::atomic<std::size_t> missing;
  const TenantsShown tenants;
  http::Responder responder;
};

// One value for each tenant, and one for all beyond the first ones, so the page is bounded.
constexpr std::size_t kTenantsShown = 100;
constexpr std::string_view kOtherTenants = "(other)";

void add_tenants(observe::MetricsPage& page, const limits::Tenants& tenants) {
  using limits::Quota;
  std::vector<limits::SharedTenant> all = tenants.all();
  std::erase_if(all, [](const limits::SharedTenant& tenant) { return tenant->name().empty(); });
  const auto add = [&](std::string_view name, std::string_view help, Quota quota) {
    std::vector<observe::MetricsPage::Labelled> values;
    for (const limits::SharedTenant& tenant : all) {
      if (values.size() == kTenantsShown) values.push_back({kOtherTenants});
      if (values.size() <= kTenantsShown)
        values.push_back({tenant->name(), tenant->used(quota)});
      else
        values.back().value += tenant->used(quota);
    }
    page.gauges(name, help, "tenant", values);
  };
  add("tenant_connections", "Connections of each tenant.", Quota::kConnections);
  add("tenant_workspaces", "Workspaces of each tenant.", Quota::kWorkspaces);
  add("tenant_objects", "Objects of each tenant.", Quota::kObjects);
  add("tenant_stored_bytes", "Bytes of changes in each tenant's logs.", Quota::kStoredBytes);
  add("tenant_memory_bytes", "What the clients of each tenant hold of the memory.",
      Quota::kMemoryBytes);
}

void answer_metrics(const Context& context, Collection& collection) {
  observe::MetricsPage page;
  add_workspaces(page, collection.loops);
  add_sessions(page, collection.loops);
  add_webhooks(page, collection.loops);
  add_retention(page, collection.loops);
  add_erasure(page, collection.loops);
  add_write_path(page, collection.loops);
  add_turns(page, collection.loops);
  if (context.tenants != nullptr && collection.tenants == TenantsShown::kYes)
    add_tenants(page, *context.tenants);
  if (context.add_metrics) context.add_metrics(page);
  http::Response response;
  response.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = page.take();
  collection.responder.respond(std::move(response));
}

}  // namespace

void serve_metrics(const Context& context, TenantsShown tenants, http::Responder responder) {
  const std::size_t loops = context.shards.size();
  const auto collection = std::make_shared<Collection>(loops, tenants, std::move(responder));
  for (std::size_t i = 0; i < loops; ++i) {
    context.shards.on(i, [&context, collection, i](const node::Shard& shard) {
      collection->loops[i] = sample(shard);
      if (--collection->missing == 0) answer_metrics(context, *collection);
    });
  }
}

}  // namespace syncline::api
