// UsageKeeper: writes down what the workspaces of tenants store (limits/usage.h), in the directory beside the log,
// under their names within the server. What was stored in the last seconds before a crash may be missing there.
//
// Thread-safety: none; it lives on its loop. Ownership: the shard owns it; what it refers to must outlive it.
#pragma once

#include <cstdint>
#include <memory>

#include "base/scheduler.h"
#include "limits/usage.h"
#include "log/directory_store.h"

namespace syncline::node {

class UsageKeeper {
 public:
  UsageKeeper(Scheduler& loop, log::DirectoryStore& directory, limits::UseTable& uses);
  ~UsageKeeper();
  UsageKeeper(const UsageKeeper&) = delete;
  UsageKeeper& operator=(const UsageKeeper&) = delete;

 private:
  void later();
  void write_down();

  Scheduler& loop_;
  log::DirectoryStore& directory_;
  limits::UseTable& uses_;
  Scheduler::TimerId timer_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::node
