#include "backend/store/worker_pool.h"

#include <algorithm>
#include <utility>

#include "backend/process/thread_priority.h"

namespace syncline::backend::store {

WorkerPool::WorkerPool(unsigned threads) {
  for (unsigned index = 0; index < std::max(threads, 1u); ++index)
    threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::submit(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

std::size_t WorkerPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return tasks_.size();
}

void WorkerPool::run() {
  name_thread("reader");
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // frees its captures outside the lock
    lock.lock();
  }
}

}  // namespace syncline::backend::store
