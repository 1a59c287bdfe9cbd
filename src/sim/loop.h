// Loop: the event loop of one simulated process, with virtual time and a clock of its own that may
// be wrong.
//
// Turns: posted tasks run in the next turn, in order. A turn takes as long as the processor needs,
// longer on a slow one. A paused process does nothing, and catches up when it resumes. stop() ends
// the process and drops everything that is still due.
//
// Several loops of one process share nothing but tasks that they post to each other. These may take a while, and keep their
// order. What comes from elsewhere, such as messages of clients, passes them.
//
// Lanes: a loop of a real server shares its time out (base/scheduler.h), so tasks of one workspace pass those
// of others. Here, chance decides who passes whom.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/scheduler.h"
#include "sim/dice.h"
#include "sim/timeline.h"

namespace syncline::sim {

// The time of day at which worlds begin, in milliseconds since 1970.
inline constexpr std::uint64_t kEpochMs = 1'700'000'000'000;

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

  void post(Task task) override { post_in(lane_, std::move(task)); }
  void post_in(Lane lane, Task task) override;
  Lane lane_of(std::string_view workspace) const override;
  Lane lane() const override { return lane_; }
  void set_lane(Lane lane) override { lane_ = in_turn_ ? lane : 0; }
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
  // From now on, the tasks of a turn run lane by lane, in an order that the dice choose.
  void share_out(Dice dice) { lanes_ = dice; }
  // From now on, what `others` post in their turns takes as long as the dice choose: most often up to `longest_us`, and now
  // and then ten times as long. They must live as long as this.
  void hear_late(std::vector<const Loop*> others, Dice dice, std::uint64_t longest_us);
  std::size_t waiting() const { return tasks_.size() + coming_.size(); }

 private:
  struct Posted {
    Lane lane;
    Task task;
  };

  struct Coming {
    std::uint64_t at_us;
    Posted posted;
  };

  bool is_from_others() const;
  void come_later(Posted posted);
  void await_next();
  void schedule();
  void turn();
  void forget_turns();
  void shuffle_lanes();
  std::uint64_t local_ms() const;

  Timeline& timeline_;
  ClockSkew skew_;
  std::uint64_t turn_us_ = 20;
  std::deque<Posted> tasks_;
  std::optional<Dice> lanes_;
  std::vector<const Loop*> others_;
  std::optional<Dice> delays_;  // of what these post
  std::uint64_t longest_delay_us_ = 0;
  std::deque<Coming> coming_;  // from the others, in order
  Timeline::Ticket arrival_{};
  bool arrival_scheduled_ = false;
  Lane lane_ = 0;  // of the present turn
  std::map<TimerId, Timeline::Ticket> timers_;
  TimerId last_timer_ = 0;
  Timeline::Ticket turn_{};
  bool turn_scheduled_ = false;
  bool in_turn_ = false;
  bool paused_ = false;
};

}  // namespace syncline::sim
