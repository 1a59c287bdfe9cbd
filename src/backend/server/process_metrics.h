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
  std::optional<LogCounters> log;  // if the process writes a log
  node::Workers::Counts jobs;
  node::MemoryPlan plan;
  const MemoryBudget* memory = nullptr;
  std::uint64_t started_unix_ms = 0;
  std::vector<ThreadTimes> threads = {};
};

void add_process_metrics(observe::MetricsPage& page, const ProcessSample& sample);

}  // namespace syncline::backend
