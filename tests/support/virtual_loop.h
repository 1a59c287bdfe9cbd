// A Scheduler over virtual time: tasks and timers run when the test says so, on its own thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "base/scheduler.h"

namespace syncline::testing {

class VirtualLoop final : public Scheduler {
 public:
  void post(Task task) override { tasks_.push_back(std::move(task)); }

  // One thread, and the test counts as a turn unless it says otherwise.
  bool is_current() const override { return test_is_a_turn || turns_ > 0; }

  TimerId after(std::uint64_t delay_ms, Task task) override {
    const TimerId id = ++last_timer_;
    timers_.emplace(std::pair(now_ms_ + delay_ms, id), std::move(task));
    return id;
  }

  void cancel(TimerId timer) override {
    std::erase_if(timers_, [&](const auto& entry) { return entry.first.second == timer; });
  }

  std::uint64_t monotonic_ms() const override { return now_ms_; }
  std::uint64_t unix_ms() const override { return 1'700'000'000'000 + now_ms_; }

  // Runs what is due now, and what that makes due.
  void run() {
    while (!tasks_.empty()) {
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      turn(task);
    }
  }

  // Lets time pass, with the timers that become due.
  void advance(std::uint64_t ms) {
    run();
    const std::uint64_t end = now_ms_ + ms;
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
      auto timer = timers_.extract(timers_.begin());
      now_ms_ = timer.key().first;
      turn(timer.mapped());
      run();
    }
    now_ms_ = end;
  }

  bool test_is_a_turn = true;

 private:
  void turn(Task& task) {
    ++turns_;
    task();
    --turns_;
  }

  int turns_ = 0;  // under way, one within another
  std::deque<Task> tasks_;
  std::map<std::pair<std::uint64_t, TimerId>, Task> timers_;
  TimerId last_timer_ = 0;
  std::uint64_t now_ms_ = 1;
};

}  // namespace syncline::testing
