// Verifies all logs of a data directory, read-only. For `log verify`, and for `serve --verify`
// before it serves any of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backend/store/rocksdb_store.h"
#include "cli/console.h"
#include "log/checkpoint.h"
#include "log/difference.h"

namespace syncline::cli {

struct VerifyWish {
  std::string data_dir;
  std::string checkpoint = {};  // a file with a checkpoint that was kept elsewhere
  std::string key = {};         // as in --key; empty: the keys of the data directory
};

struct VerifiedDir {
  backend::VerifyReport report;
  std::uint64_t torn_bytes = 0;
  std::optional<log::Checkpoint> checkpoint;  // the one that was given
};

// Shows the progress on a terminal.
log::Checked<VerifiedDir> verify_data_dir(const VerifyWish& wish, Console& console);

}  // namespace syncline::cli
