// Saves what can be saved of a damaged data directory.
//
// Damage is never mended in place. The repair reads the damaged database without changing it,
// copies every workspace's events up to the first that is missing, unreadable or breaks the chain
// into a new database, and only when that is complete and verified do the two change places: the
// damaged one becomes DIR/log.damaged-TIME and stays until someone deletes it. A repair that is
// interrupted has changed nothing.
//
// Where RocksDB's own bookkeeping is lost (a missing or damaged MANIFEST or table), a copy of the
// files is rebuilt first, and the copy is read. Workspaces whose names are lost are called
// "recovered-ID".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend/store/rocksdb_store.h"
#include "syncline/error.h"

namespace syncline::backend {

struct RepairReport {
  struct Loss {
    std::string workspace;
    log::Position kept_to = 0;  // the last event that was saved; 0: none
    log::Position seen_to = 0;  // the last event of which there was a trace; 0: unknown
    std::string reason;
  };

  std::uint64_t workspaces = 0;
  std::uint64_t events = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t snapshots_dropped = 0;  // damaged, or ahead of what was saved
  std::uint64_t standing_dropped = 0;   // of these, those that may have stood for dropped payloads
  std::uint64_t wal_bytes_dropped = 0;  // behind the first damage in the write-ahead log
  std::vector<Loss> losses;             // workspaces of which events were lost
  // Workspaces of which a pin, or the rule, the hold or the record of retention, could not be read.
  std::vector<std::string> upkeep_lost;
  std::string damaged_dir;  // where the old files are now
};

// Blocks; needs as much free space as the data. Only `data_dir`, `env` and the sizes of `options`
// count.
//   kConflict  the directory is in use
//   kNotFound  there is no data
//   kIo        the new database could not be written; the damaged one is where it was
Result<RepairReport> repair_store(const StoreOptions& options);

}  // namespace syncline::backend
