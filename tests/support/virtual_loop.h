// VirtualLoop: a Scheduler with virtual time. Tasks and timers run when the test says so, on the
// test's thread.
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

  // There is one thread. The test itself counts as a turn, unless it sets `test_is_a_turn` to
  // false.
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
  std::uint64_t unix_ms() const override { return 1'700'000'000'000 + now_ms_ + ahead_ms; }

  // Runs what is due now, and everything that this makes due.
  void run() {
    while (step()) continue;
  }

  // Runs the next task; false if there is none.
  bool step() {
    if (tasks_.empty()) return false;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    turn(task);
    return true;
  }

  // Advances the time and runs the timers that become due.
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
  std::uint64_t ahead_ms = 0;  // of the wall clock

 private:
  void turn(Task& task) {
    ++turns_;
    task();
    --turns_;
  }

  int turns_ = 0;  // running turns, one inside another
  std::deque<Task> tasks_;
  std::map<std::pair<std::uint64_t, TimerId>, Task> timers_;
  TimerId last_timer_ = 0;
  std::uint64_t now_ms_ = 1;
};

}  // namespace syncline::testing
