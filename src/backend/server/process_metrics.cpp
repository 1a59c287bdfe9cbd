#include "backend/server/process_metrics.h"

#include <unistd.h>

#include <fstream>
#include <limits>
#include <vector>

namespace syncline::backend {
namespace {

std::uint64_t resident_memory_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void add_network(api::MetricsPage& page, const ServerCounters& net) {
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

void add_log(api::MetricsPage& page, const StoreCounters& store) {
  page.counter("log_appends_total", "Appends acknowledged.", store.appends);
  page.counter("log_events_total", "Events stored.", store.events);
  page.counter("log_bytes_total", "Bytes of their records.", store.bytes);
  page.counter("log_commits_total", "Commits, each with one sync.", store.commits);
  page.counter("log_failures_total", "Appends refused or failed.", store.failures);
  // Bucket i ends at 64 us << i. The last bucket has no end.
  std::vector<api::HistogramBucket> buckets;
  for (std::size_t i = 0; i < store.commit_latency.size(); ++i)
    buckets.push_back({static_cast<double>(64ULL << i) / 1e6, store.commit_latency[i]});
  buckets.back().up_to = std::numeric_limits<double>::infinity();
  page.histogram("log_commit_seconds", "Time of one commit, sync included.", buckets,
                 static_cast<double>(store.commit_us_total) / 1e6);
}

}  // namespace

void add_process_metrics(api::MetricsPage& page, const ServerCounters& net,
                         const RocksDbStore& store) {
  add_network(page, net);
  add_log(page, store.counters());
  page.gauge("disk_full", "1 while the disk is full and appends are refused.",
             store.has_room() ? 0 : 1);
  page.gauge("process_resident_memory_bytes", "Resident memory of the process.",
             resident_memory_bytes());
}

}  // namespace syncline::backend
