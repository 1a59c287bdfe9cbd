// Repair: saves what can be saved from a damaged data directory.
//
// The repair never changes the damaged database. It reads it and copies the events of every
// workspace into a new database, up to the first event that is missing, unreadable, or breaks the
// hash chain. Only when the new database is complete and verified, the two change places. The
// damaged one becomes DIR/log.damaged-TIME and stays until somebody deletes it; links to the files of
// its snapshots are in DIR/snapshots.damaged-TIME. An interrupted repair changes nothing.
//
// If RocksDB's own bookkeeping is lost (a missing or damaged MANIFEST or table), the repair first
// rebuilds a copy of the files and reads this copy. A workspace whose name is lost gets the name
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
    log::Position kept_to = 0;  // the last event that was saved; 0 if none
    log::Position seen_to = 0;  // the last event with any trace; 0 if unknown
    std::string reason;
  };

  std::uint64_t workspaces = 0;
  std::uint64_t events = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t snapshots_dropped = 0;  // damaged, or newer than the saved events
  std::uint64_t standing_dropped = 0;   // of these, those that may have replaced dropped payloads
  std::uint64_t wal_bytes_dropped = 0;  // after the first damage in the write-ahead log
  std::vector<Loss> losses;             // workspaces that lost events
  // Workspaces with a pin, or a rule, hold or record of retention, that could not be read.
  std::vector<std::string> upkeep_lost;
  std::string damaged_dir;  // where the old files are now
};

// Blocks. Needs as much free space as the data. Uses only `data_dir`, `env` and the sizes of
// `options`.
//   kConflict  the directory is in use
//   kNotFound  there is no data
//   kIo        the new database could not be written; the damaged one is unchanged
Result<RepairReport> repair_store(const StoreOptions& options);

}  // namespace syncline::backend
