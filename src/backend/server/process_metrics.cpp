#include "backend/server/process_metrics.h"

#include <array>

#include "backend/process/memory_watch.h"
#include "syncline/version.h"

namespace syncline::backend {
namespace {

void add_network(observe::MetricsPage& page, const ServerCounters& net) {
  page.gauge("connections", "Open connections.", net.open);
  page.gauge("websockets", "Open WebSockets.", net.open_websockets);
  page.gauge("send_queue_bytes", "Bytes queued for peers.", net.queued_bytes);
  page.counter("connections_accepted_total", "Connections accepted.", net.accepted);
  page.counter("connections_refused_total", "Connections refused over the limit.",
               net.refused_full);
  page.counter("connections_refused_by_address_total",
               "Connections refused because their address has too many, or opens them too fast.",
               net.refused_network);
  page.counter("network_received_bytes_total", "Bytes received.", net.bytes_in);
  page.counter("network_sent_bytes_total", "Bytes sent.", net.bytes_out);
  page.counter("http_requests_total", "HTTP requests served.", net.requests);
  page.counter("http_bad_requests_total", "HTTP requests refused.", net.bad_requests);
  page.counter("tls_failures_total", "TLS handshakes that failed.", net.tls_failures);
  page.counter("head_timeouts_total", "Handshakes and requests that were not completed in time.",
               net.head_timeouts);
  page.counter("websocket_upgrades_refused_total", "WebSocket handshakes refused.",
               net.upgrades_refused);
  page.counter("websocket_messages_received_total", "WebSocket messages received.",
               net.messages_in);
  page.counter("websocket_messages_sent_total", "WebSocket messages queued for peers.",
               net.messages_out);
  page.counter("protocol_errors_total", "WebSockets failed for what the client sent.",
               net.protocol_errors);
  page.counter("ping_timeouts_total", "WebSockets whose peer was gone.", net.ping_timeouts);
  page.counter("messages_too_big_total", "WebSocket messages over the limit.",
               net.messages_too_big);
  page.counter("write_stalls_total", "Paused WebSockets whose peer took nothing.",
               net.write_stalls);
  page.gauge("receive_held_bytes",
             "Memory for messages and requests that have not arrived completely.", net.held_bytes);
  page.counter("connection_visits_total", "Looks at a connection for its timeouts.", net.visits);
  page.counter("connection_visit_turns_total", "Turns of a loop in which there were some.",
               net.visit_turns);
  page.counter("send_queues_shed_total",
               "Connections cut because they had much queued for longest.", net.queues_shed);
  page.counter("memory_connections_refused_total", "Connections refused because memory was full.",
               net.refused_memory);
  page.counter("receive_shed_total", "Connections closed because they held most of that.",
               net.shed);
}

void add_store(observe::MetricsPage& page, const StoreCounters& store) {
  page.counter("log_appends_total", "Appends acknowledged.", store.appends);
  page.counter("log_events_total", "Events stored.", store.events);
  page.counter("log_bytes_total", "Bytes of their records.", store.bytes);
  page.counter("log_commits_total", "Commits, each with one sync.", store.commits);
  page.counter("log_failures_total", "Appends refused or failed.", store.failures);
  page.histogram("log_commit_seconds", "Time of one commit, sync included.", store.commit_us, 1e6);
  page.histogram("log_sync_seconds", "Of that, the write and its sync.", store.sync_us, 1e6);
  page.histogram("log_commit_events", "Events of one commit.", store.commit_events);
  page.histogram("log_commit_bytes", "Bytes of their records.", store.commit_bytes);
  page.gauge("log_queue_requests", "Requests that wait for the committer.", store.queued_requests);
  page.gauge("log_queue_bytes", "Their bytes.", store.queued_bytes);
  page.gauge("snapshot_queue_requests", "Large snapshots that wait to be written.",
             store.queued_snapshots);
  page.gauge("snapshot_queue_bytes", "Their bytes.", store.queued_snapshot_bytes);
  page.counter("snapshot_files_written_total", "Large snapshots written as files.",
               store.snapshot_files_written);
  page.counter("snapshot_file_bytes_total", "Bytes of their content.",
               store.snapshot_bytes_written);
  page.histogram("snapshot_write_seconds", "Time to write and sync one of these files.",
                 store.snapshot_write_us, 1e6);
  page.counter("snapshot_files_removed_total", "Files of snapshots removed.",
               store.snapshot_files_removed);
  page.counter("snapshots_refused_total", "Large snapshots refused because too much waited.",
               store.snapshots_refused);
  page.gauge("read_queue_requests", "Reads that wait for a thread.", store.queued_reads);
}

void add_jobs(observe::MetricsPage& page, const node::Workers::Counts& jobs) {
  page.gauge("jobs_waiting", "Jobs that wait for a worker.", jobs.waiting);
  page.gauge("jobs_running", "Jobs that have begun and not ended.", jobs.running);
  page.counter("jobs_total", "Jobs begun.", jobs.begun);
  page.counter("jobs_refused_total", "Answers refused because too many were wanted.", jobs.refused);
  page.counter("jobs_abandoned_total", "Answers not begun because the client had left.",
               jobs.abandoned);
}

void add_reports(observe::MetricsPage& page, const LogCounters& log) {
  page.counter("report_lines_total", "Lines written to stderr.", log.lines);
  page.counter("report_lines_suppressed_total", "Lines left out because equal ones came too fast.",
               log.suppressed);
  page.counter("report_lines_dropped_total", "Lines lost because stderr did not take them.",
               log.dropped);
}

void add_memory(observe::MetricsPage& page, const ProcessSample& sample) {
  const node::MemoryPlan& plan = sample.plan;
  page.gauge("object_budget_bytes", "What objects in memory may use.", plan.objects);
  page.gauge("memory_limit_bytes", "What the process may use (--memory-mib).", plan.total);
  using Labelled = observe::MetricsPage::Labelled;
  const std::array<Labelled, 11> limits{{{"objects", plan.objects},
                                         {"receiving", plan.receiving},
                                         {"queues", plan.queues},
                                         {"presence", plan.presence},
                                         {"waiting", plan.waiting},
                                         {"answers", plan.answers},
                                         {"changes", plan.disk_queue},
                                         {"disk_queue", plan.disk_queue},
                                         {"store_cache", plan.store_cache},
                                         {"store_writes", plan.store_writes},
                                         {"snapshots", plan.snapshots}}};
  page.gauges("memory_part_limit_bytes", "What each part of it may use.", "part", limits);
  if (sample.memory == nullptr) return;
  const std::array<Labelled, 11> used{{{"objects", sample.memory->used(MemoryUse::kObjects)},
                                       {"receiving", sample.memory->used(MemoryUse::kReceiving)},
                                       {"queues", sample.memory->used(MemoryUse::kQueues)},
                                       {"presence", sample.memory->used(MemoryUse::kPresence)},
                                       {"waiting", sample.memory->used(MemoryUse::kWaiting)},
                                       {"answers", sample.memory->used(MemoryUse::kAnswers)},
                                       {"changes", sample.memory->used(MemoryUse::kChanges)},
                                       {"store_cache", sample.store.cache_bytes},
                                       {"store_writes", sample.store.unwritten_bytes},
                                       {"disk_queue", sample.store.queued_bytes},
                                       {"snapshots", sample.store.queued_snapshot_bytes}}};
  page.gauges("memory_part_bytes", "What each part uses, as far as it is counted.", "part", used);
  page.gauge("memory_level",
             "0: easy; 1: short, who holds most shrinks; 2: full, new work is refused.",
             static_cast<std::uint64_t>(sample.memory->level()));
}

void add_threads(observe::MetricsPage& page, const std::vector<ThreadTimes>& threads) {
  std::vector<observe::MetricsPage::Labelled> run;
  std::vector<observe::MetricsPage::Labelled> waited;
  for (const ThreadTimes& each : threads) {
    run.push_back({each.name, each.run_ns / 1'000'000});
    waited.push_back({each.name, each.waited_ns / 1'000'000});
  }
  page.counters("thread_run_milliseconds_total", "Time that threads ran, by what they do.",
                "threads", run);
  page.counters("thread_wait_milliseconds_total",
                "Time that they were ready to run, and waited for a processor.", "threads", waited);
}

}  // namespace

void add_process_metrics(observe::MetricsPage& page, const ProcessSample& sample) {
  const observe::MetricsPage::Labelled build{SYNCLINE_VERSION_STRING, 1};
  page.gauges("build_info", "Always 1; the label is the version.", "version", {&build, 1});
  add_network(page, sample.net);
  add_store(page, sample.store);
  add_jobs(page, sample.jobs);
  page.gauge("disk_full", "1 while the disk is full and appends are refused.",
             sample.disk_full ? 1 : 0);
  if (sample.log) add_reports(page, *sample.log);
  add_threads(page, sample.threads);
  add_memory(page, sample);
  page.gauge("process_start_time_seconds", "When the process started, in seconds since 1970.",
             sample.started_unix_ms / 1000);
  page.gauge("process_resident_memory_bytes", "Resident memory of the process.",
             resident_memory_bytes());
}

}  // namespace syncline::backend
