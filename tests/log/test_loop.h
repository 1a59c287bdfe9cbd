// A real, small event loop for tests of code with threads: the test's own thread runs it, until a
// condition holds.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "base/assert.h"
#include "base/scheduler.h"
#include "log/event_log.h"

namespace syncline::testing {

class TestLoop final : public Scheduler {
 public:
  void post(Task task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    wake_.notify_one();
  }

  bool is_current() const override { return running_ == std::this_thread::get_id(); }

  // The log sets no timers.
  TimerId after(std::uint64_t, Task) override {
    SYNCLINE_ASSERT(false);
    return 0;
  }
  void cancel(TimerId) override {}

  std::uint64_t monotonic_ms() const override {
    using namespace std::chrono;
    return static_cast<std::uint64_t>(
        duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
  }
  std::uint64_t unix_ms() const override { return 1'700'000'000'000; }

  // Runs tasks until `done()`. False when that takes longer than `seconds`.
  template <typename Condition>
  bool run_until(Condition done, unsigned seconds = 30) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (!done())
      if (!run_one(deadline)) return done();
    return true;
  }

  // Runs what is there.
  void drain() {
    while (run_one(std::chrono::steady_clock::now())) {
    }
  }

 private:
  bool run_one(std::chrono::steady_clock::time_point deadline) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait_until(lock, deadline, [&] { return !tasks_.empty(); })) return false;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    running_ = std::this_thread::get_id();
    task();
    running_ = std::thread::id();
    return true;
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  std::atomic<std::thread::id> running_{};  // a task
};

// Waits for an answer: `await<Head>(loop, [&](auto done) { log.head("a", std::move(done)); })`.
template <typename T, typename Call>
Result<T> await(TestLoop& loop, Call call) {
  std::optional<Result<T>> answer;
  call(log::Done<T>([&](Result<T> result) { answer.emplace(std::move(result)); }));
  if (!loop.run_until([&] { return answer.has_value(); }))
    return fail(ErrorCode::kUnavailable, "no answer in time");
  return std::move(*answer);
}

}  // namespace syncline::testing
