// BackupService: makes backups of a running server. The operator chooses one directory; clients
// only name the backups in it and never pass paths. One backup at a time, on a thread of its own.
//
// Thread-safety: start() from any loop. The store must outlive it.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "api/backups.h"
#include "log/event_log.h"
#include "observe/report.h"

namespace syncline::backend {

class RocksDbStore;

class BackupService final : public api::Backups {
 public:
  // An empty `directory` disables backups.
  BackupService(RocksDbStore& store, std::string directory, observe::Sink* reports = nullptr)
      : store_(store), directory_(std::move(directory)), reporter_(reports, observe::Area::kApi) {}
  // Stops a backup that is being written. Only a DEST.partial remains of it.
  ~BackupService() override;

  // Calls `done` on the service's thread, or at once with a refusal.
  void start(const std::string& name, bool signing_key, log::Done<api::BackupReport> done) override;

 private:
  RocksDbStore& store_;
  const std::string directory_;
  const observe::Reporter reporter_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  bool busy_ = false;
  std::thread thread_;
};

}  // namespace syncline::backend
