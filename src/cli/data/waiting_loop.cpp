#include "cli/data/waiting_loop.h"

#include <chrono>

namespace syncline::cli {
namespace {

template <typename Clock>
std::uint64_t milliseconds() {
  const auto since = Clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

}  // namespace

void WaitingLoop::post(Task task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  wake_.notify_one();
}

Scheduler::TimerId WaitingLoop::after(std::uint64_t, Task) {
  return 0;
}

void WaitingLoop::cancel(TimerId) {}

std::uint64_t WaitingLoop::monotonic_ms() const {
  return milliseconds<std::chrono::steady_clock>();
}

std::uint64_t WaitingLoop::unix_ms() const {
  return milliseconds<std::chrono::system_clock>();
}

void WaitingLoop::run_one() {
  Task task;
  {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !tasks_.empty(); });
    task = std::move(tasks_.front());
    tasks_.pop_front();
  }
  running_ = std::this_thread::get_id();
  task();
  running_ = std::thread::id();
}

}  // namespace syncline::cli
