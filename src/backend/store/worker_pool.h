// WorkerPool: a few threads that run tasks in the order of submission. For reads that may block on
// the disk.
//
// Thread-safety: submit() from any thread. The destructor first runs all tasks that were submitted.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/scheduler.h"

namespace syncline::backend::store {

class WorkerPool {
 public:
  explicit WorkerPool(unsigned threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void submit(Task task);

  // Tasks that no thread has begun. From any thread.
  std::size_t waiting() const;

 private:
  void run();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace syncline::backend::store
