// A loop for a thread that asks one question at a time and waits for the answer: what a command
// needs to use an EventLog. Only post() and is_current() may be called from other threads.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/scheduler.h"
#include "log/event_log.h"

namespace syncline::cli {

class WaitingLoop final : public Scheduler {
 public:
  void post(Task task) override;
  bool is_current() const override { return running_ == std::this_thread::get_id(); }
  // Timers do not run: nothing that reads sets one.
  TimerId after(std::uint64_t delay_ms, Task task) override;
  void cancel(TimerId timer) override;
  std::uint64_t monotonic_ms() const override;
  std::uint64_t unix_ms() const override;

  // `auto head = loop.wait<Head>([&](auto done) { log.head("a", std::move(done)); });`
  template <typename T, typename Call>
  Result<T> wait(Call call) {
    std::optional<Result<T>> answer;
    call(log::Done<T>([&answer](Result<T> result) { answer.emplace(std::move(result)); }));
    while (!answer) run_one();
    return std::move(*answer);
  }

 private:
  void run_one();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  std::atomic<std::thread::id> running_{};  // a task
};

}  // namespace syncline::cli
