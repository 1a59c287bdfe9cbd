// Whether a log still begins with what a checkpoint, kept elsewhere, says of it.
#pragma once

#include <cstdint>
#include <string>

#include "backend/store/rocksdb_store.h"
#include "syncline/error.h"

namespace syncline::cli {

struct CheckedCheckpoint {
  std::string workspace;
  std::uint64_t size = 0;  // events that it covers
};

// `file`: the note. `key`: a verification key, "" for those in the data directory (which whoever
// can rewrite the log can replace). The log itself must have been verified. kCorrupt: the log has
// other events, or fewer; kUnauthorized: not signed by that key; kNotFound: no such workspace.
Result<CheckedCheckpoint> check_checkpoint(backend::RocksDbStore& store,
                                           const std::string& data_dir, const std::string& file,
                                           const std::string& key);

}  // namespace syncline::cli
