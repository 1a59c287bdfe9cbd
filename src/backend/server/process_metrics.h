// The metrics of a server apart from its shards: network, store, process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "backend/net/server.h"
#include "backend/process/thread_times.h"
#include "backend/report/log_writer.h"
#include "backend/store/rocksdb_store.h"
#include "base/memory_budget.h"
#include "node/memory_plan.h"
#include "node/workers.h"
#include "observe/metrics_page.h"

namespace syncline::backend {

struct ProcessSample {
  ServerCounters net;
  StoreCounters store;
  bool disk_full = false;
  std::uint64_t disk_free_bytes = 0;  // of the file system of the data directory; 0 with size 0: unknown
  std::uint64_t disk_size_bytes = 0;
  std::uint64_t last_backup_unix_ms = 0;  // 0: none since the start
  std::optional<LogCounters> log;  // if the process writes a log
  node::Workers::Counts jobs;
  node::MemoryPlan plan;
  const MemoryBudget* memory = nullptr;
  std::uint64_t started_unix_ms = 0;
  std::vector<ThreadTimes> threads = {};
};

void add_process_metrics(observe::MetricsPage& page, const ProcessSample& sample);

}  // namespace syncline::backend
