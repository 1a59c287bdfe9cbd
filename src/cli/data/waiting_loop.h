// WaitingLoop: a loop for a thread that sends one request at a time and waits for the answer.
// Commands need it to use an EventLog. Other threads may call only post() and is_current().
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
  // Timers do not run. Code that only reads sets none.
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
  std::atomic<std::thread::id> running_{};  // the thread that runs a task
};

}  // namespace syncline::cli
