// Loop: the event loop of one simulated process, with virtual time and a clock of its own that may
// be wrong.
//
// Turns: posted tasks run in the next turn, in order. A turn takes as long as the processor needs,
// longer on a slow one. A paused process does nothing, and catches up when it resumes. stop() ends
// the process and drops everything that is still due.
#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "base/scheduler.h"
#include "sim/timeline.h"

namespace syncline::sim {

// The difference between a process's clocks and the time of the world.
struct ClockSkew {
  std::int64_t offset_ms = 0;   // of the wall clock; jumps when a fault changes it
  std::int64_t drift_ppm = 0;   // both clocks run too fast by this much
  std::uint64_t origin_ms = 0;  // of the monotonic clock
};

class Loop final : public Scheduler {
 public:
  explicit Loop(Timeline& timeline) : timeline_(timeline) {}
  ~Loop() override { stop(); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void post(Task task) override;
  bool is_current() const override { return in_turn_; }
  TimerId after(std::uint64_t delay_ms, Task task) override;
  void cancel(TimerId timer) override;
  std::uint64_t monotonic_ms() const override;
  std::uint64_t unix_ms() const override;

  void pause() { paused_ = true; }
  void resume();
  bool paused() const { return paused_; }
  void stop();

  ClockSkew& skew() { return skew_; }
  void set_turn_us(std::uint64_t turn_us) { turn_us_ = turn_us; }
  std::size_t waiting() const { return tasks_.size(); }

 private:
  void schedule();
  void turn();
  std::uint64_t local_ms() const;

  Timeline& timeline_;
  ClockSkew skew_;
  std::uint64_t turn_us_ = 20;
  std::deque<Task> tasks_;
  std::map<TimerId, Timeline::Ticket> timers_;
  TimerId last_timer_ = 0;
  Timeline::Ticket turn_{};
  bool turn_scheduled_ = false;
  bool in_turn_ = false;
  bool paused_ = false;
};

}  // namespace syncline::sim
