// Looks through a write-ahead log file of RocksDB without opening the store: how far is it whole,
// and is what follows the remains of an interrupted write or damage?
//
// RocksDB answers the first by recovering and the second by refusing, but says neither where nor
// how much. Format: blocks of 32 KiB that hold records of {crc 4, length 2, type 1, (log number 4)}
// and a payload, a long payload in several of them (RocksDB wiki, "Write Ahead Log File Format").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "syncline/error.h"

namespace syncline::backend::store {

struct WalScan {
  enum class End {
    kClean,    // ends after a whole record
    kTorn,     // ends within a record: an interrupted write
    kDamaged,  // bytes at good_bytes that are neither
  };

  std::string path;
  std::uint64_t file_bytes = 0;
  std::uint64_t good_bytes = 0;  // end of the last whole batch
  std::uint64_t batches = 0;     // whole ones
  End end = End::kClean;
  // It looks cut off, but whole records lie behind that place: RocksDB would take it for an
  // interrupted write and drop them.
  bool buried = false;
};

Result<WalScan> scan_wal(const std::string& path);

// The write-ahead logs of a RocksDB directory, oldest first.
std::vector<std::string> list_wals(const std::string& rocksdb_dir);

}  // namespace syncline::backend::store
