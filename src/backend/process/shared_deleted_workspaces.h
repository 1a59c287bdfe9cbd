// SharedDeletedWorkspaces: the deleted workspaces of a process with several loops.
//
// Thread-safety: any thread. As long as nothing is deleted, a question costs reading one number.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "workspace/deleted_workspaces.h"

namespace syncline::backend {

class SharedDeletedWorkspaces final : public workspace::DeletedWorkspaces {
 public:
  bool contains(std::string_view workspace) const override {
    if (empty()) return false;
    const std::lock_guard lock(mutex_);
    return DeletedWorkspaces::contains(workspace);
  }

  bool empty() const override { return none_.load(std::memory_order_acquire); }

  void set(const std::string& workspace, bool deleted) override {
    const std::lock_guard lock(mutex_);
    DeletedWorkspaces::set(workspace, deleted);
    none_.store(DeletedWorkspaces::empty(), std::memory_order_release);
  }

 private:
  mutable std::mutex mutex_;
  std::atomic<bool> none_ = true;
};

}  // namespace syncline::backend
