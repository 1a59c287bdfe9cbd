// LevelDb: reads a LevelDB folder that another program has written, and never writes into it.
//
// LevelDB has no mode for reading: opening a folder replays its log into new files, and may rearrange others. So it runs
// here on a view of the folder, in which new files are in a temporary folder and removed ones are only hidden. RocksDB
// can be opened for reading, but its newer versions refuse folders of LevelDB with several files in the first level.
//
// Thread-safety: one thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::backend {

class LevelDb {
 public:
  // kNotFound: there is no such folder. kMalformed: it is no LevelDB. kCorrupt: a damaged one. kConflict: a program has
  // it open.
  static Result<std::unique_ptr<LevelDb>> open(const std::string& folder);
  virtual ~LevelDb() = default;

  // Calls `each` with all entries from the key `from` on, in order, until it returns false. kCorrupt: the folder is
  // damaged.
  using Each = std::function<bool(ByteView key, ByteView value)>;
  virtual Result<void> read(ByteView from, const Each& each) = 0;
};

}  // namespace syncline::backend
