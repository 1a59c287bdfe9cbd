// The metrics of a server apart from its shards: network, store, process.
#pragma once

#include "api/metrics.h"
#include "backend/net/server.h"
#include "backend/store/rocksdb_store.h"

namespace syncline::backend {

void add_process_metrics(api::MetricsPage& page, const ServerCounters& net,
                         const RocksDbStore& store);

}  // namespace syncline::backend
