// TurnMeter: measures the turns of one loop, and names what made a turn too long.
//
// A loop runs one task at a time. While a task runs, everybody else on the loop waits, so a turn
// has a budget. The meter counts all turns in a histogram. For a turn over the budget it also says
// what took the longest part of it: the code names what it does (Doing, base/scheduler.h), and the
// meter adds up the time of each name within the turn. The time of a name does not include the
// time of names inside it.
//
// Cost: one look at the clock when a turn begins, when it ends, and at each change of the name. No
// allocation, except for the first slow turn of each name.
//
// Names are constants of the source code with static storage. So their number is bounded, and they
// contain nothing that a client sent.
//
// Thread-safety: none; one per loop.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "observe/histogram.h"

namespace syncline::observe {

class TurnMeter {
 public:
  // A cheap clock: `read` returns ticks of a constant length. If they go back, the time between
  // counts as 0.
  struct Clock {
    std::uint64_t (*read)();
    double ns_per_tick = 1;
  };

  static constexpr std::uint64_t kBudgetUs = 2000;

  explicit TurnMeter(Clock clock, std::uint64_t budget_us = kBudgetUs)
      : clock_(clock), budget_us_(budget_us) {}

  // A turn begins, with its first name. Turns do not nest.
  void begin(const char* what);

  // The name of what the turn does; "" outside of a turn.
  const char* doing() const { return name_; }
  // The turn does something else from here on. Outside of a turn, this does nothing.
  void set_doing(const char* what);

  struct SlowTurn {
    std::string_view what;      // the name that took the most time
    std::uint64_t what_us = 0;  // that time
    std::uint64_t turn_us = 0;  // the whole turn
  };
  // The turn ends. Returns it if it was over the budget.
  std::optional<SlowTurn> end();

  // When the present turn, or else the last one, began, in microseconds of the clock. It costs no
  // look at the clock.
  std::uint64_t began_us() const { return to_us(begin_); }
  std::uint64_t began_ticks() const { return begin_; }
  // From that moment of the clock to the beginning of the present turn.
  std::uint64_t since_us(std::uint64_t ticks) const {
    return begin_ > ticks ? to_us(begin_ - ticks) : 0;
  }
  // How long the last turn took. It costs no look at the clock.
  std::uint64_t last_us() const { return to_us(lap_ - begin_); }
  // How long the present turn has taken so far.
  std::uint64_t taken_us() const { return to_us(std::max(clock_.read(), begin_) - begin_); }

  const Histogram& turns() const { return turns_; }

  // The slow turns so far, by name. Above kMaxNames, further names count as "other".
  struct Slow {
    std::string_view what;
    std::uint64_t turns = 0;
    std::uint64_t us = 0;  // what these turns took, added up
  };
  static constexpr std::size_t kMaxNames = 64;
  const std::vector<Slow>& slow() const { return slow_; }

 private:
  struct Part {
    const char* what;
    std::uint64_t ticks;
  };
  // Further names in the same turn count for the first one.
  static constexpr std::size_t kMaxParts = 12;

  std::uint64_t to_us(std::uint64_t ticks) const {
    return static_cast<std::uint64_t>(static_cast<double>(ticks) * clock_.ns_per_tick / 1000);
  }
  void lap();
  void count_slow(const SlowTurn& turn);

  const Clock clock_;
  const std::uint64_t budget_us_;
  std::uint64_t begin_ = 0;  // in ticks
  std::uint64_t lap_ = 0;    // when the present name began
  std::array<Part, kMaxParts> parts_{};
  std::size_t part_count_ = 0;  // 0: outside of a turn
  std::size_t current_ = 0;     // the part of the present name
  const char* name_ = "";
  Histogram turns_ = Histogram::microseconds();
  std::vector<Slow> slow_;
};

// What is measured on one loop. Its members belong to the loop.
struct LoopMeasures {
  explicit LoopMeasures(TurnMeter::Clock clock) : turns(clock) {}

  TurnMeter turns;
  // From the turn in which the first message was queued for a WebSocket that had nothing to send,
  // to the turn in which the operating system has taken everything.
  Histogram sent_us = Histogram::microseconds();
  // From when another thread posted a task, such as an answer of the store, to its turn.
  Histogram called_us = Histogram::microseconds();

  // The present turn is such a task, posted at that moment of the clock.
  void note_called(std::uint64_t ticks) { called_us.observe(turns.since_us(ticks)); }
};

}  // namespace syncline::observe
