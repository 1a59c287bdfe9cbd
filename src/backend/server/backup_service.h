// Backups of a running server, written into one directory that whoever started it chose; clients
// name them, and no paths. One at a time, on a thread of its own.
//
// Thread-safety: start() from any loop.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "backend/store/backup.h"
#include "log/event_log.h"

namespace syncline::backend {

class BackupService {
 public:
  // `directory` "": there are none to be had.
  BackupService(RocksDbStore& store, std::string directory)
      : store_(store), directory_(std::move(directory)) {}
  // Stops the one that is being written, which leaves only a DEST.partial.
  ~BackupService();

  // `done` is called on the service's thread, or at once with a refusal.
  //   kInvalid   the server was started without a directory; a bad name (log::is_pin_name)
  //   kConflict  one is being written, or there is one of that name
  void start(const std::string& name, bool signing_key, log::Done<BackupReport> done);

 private:
  RocksDbStore& store_;
  const std::string directory_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  bool busy_ = false;
  std::thread thread_;
};

}  // namespace syncline::backend
