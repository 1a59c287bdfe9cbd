#include "backend/outbound/outbound_threads.h"

#include <pthread.h>

#include <utility>

namespace syncline::backend {

OutboundThreads::OutboundThreads(std::size_t threads, std::size_t most_queued)
    : most_queued_(most_queued) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { run(); });
    pthread_setname_np(threads_.back().native_handle(), "outbound");
  }
}

OutboundThreads::~OutboundThreads() {
  stop();
}

void OutboundThreads::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stops_ = true;
    queue_.clear();
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool OutboundThreads::post(Task task) {
  {
    const std::scoped_lock lock(mutex_);
    if (stops_ || queue_.size() >= most_queued_) return false;
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void OutboundThreads::run() {
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stops_ || !queue_.empty(); });
      if (stops_) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace syncline::backend
