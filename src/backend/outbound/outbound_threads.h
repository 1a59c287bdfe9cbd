// OutboundThreads: a few threads for requests that block. What does not fit into the queue is refused.
//
// Thread-safety: post() from any thread; stop() from one that is not of these.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/scheduler.h"

namespace syncline::backend {

class OutboundThreads {
 public:
  OutboundThreads(std::size_t threads, std::size_t most_queued);
  ~OutboundThreads();
  OutboundThreads(const OutboundThreads&) = delete;
  OutboundThreads& operator=(const OutboundThreads&) = delete;

  // False: the queue is full, and the task is dropped.
  bool post(Task task);

  // Waits for what runs. Tasks that have not begun are dropped, and further ones refused.
  void stop();

 private:
  void run();

  const std::size_t most_queued_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> queue_;
  bool stops_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace syncline::backend
