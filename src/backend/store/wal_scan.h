// Examines a write-ahead log file of RocksDB without opening the store: up to where is it intact,
// and is the rest an interrupted write or damage?
//
// RocksDB recovers the intact part and refuses damage, but reports neither the place nor the
// amount. Format: blocks of 32 KiB with records of {crc 4, length 2, type 1, (log number 4)} and a
// payload. A long payload is split over several records (RocksDB wiki, "Write Ahead Log File
// Format").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "syncline/error.h"

namespace syncline::backend::store {

struct WalScan {
  enum class End {
    kClean,    // ends after a whole record
    kTorn,     // ends inside a record: an interrupted write
    kDamaged,  // the bytes at good_bytes are neither
  };

  std::string path;
  std::uint64_t file_bytes = 0;
  std::uint64_t good_bytes = 0;  // end of the last whole batch
  std::uint64_t batches = 0;     // whole ones
  End end = End::kClean;
  // The file looks cut off, but whole records follow that place. RocksDB would take it for an
  // interrupted write and drop them.
  bool buried = false;
};

Result<WalScan> scan_wal(const std::string& path);

// The write-ahead logs of a RocksDB directory, oldest first.
std::vector<std::string> list_wals(const std::string& rocksdb_dir);

}  // namespace syncline::backend::store
