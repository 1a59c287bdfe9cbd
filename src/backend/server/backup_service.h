// Backups of a running server, written into one directory that whoever started it chose; clients
// name them, and no paths. One at a time, on a thread of its own.
//
// Thread-safety: start() from any loop. The store outlives it.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "api/backups.h"
#include "log/event_log.h"

namespace syncline::backend {

class RocksDbStore;

class BackupService final : public api::Backups {
 public:
  // `directory` "": there are none to be had.
  BackupService(RocksDbStore& store, std::string directory)
      : store_(store), directory_(std::move(directory)) {}
  // Stops the one that is being written, which leaves only a DEST.partial.
  ~BackupService() override;

  // `done` is called on the service's thread, or at once with a refusal.
  void start(const std::string& name, bool signing_key, log::Done<api::BackupReport> done) override;

 private:
  RocksDbStore& store_;
  const std::string directory_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  bool busy_ = false;
  std::thread thread_;
};

}  // namespace syncline::backend
