// Time and turns, as the rooms above the operating system see them.
//
// Every room runs on one loop and never blocks, sleeps or starts a thread. What it needs from its
// loop is here, so that the simulator can run the same code over a virtual clock.
#pragma once

#include <cstdint>
#include <functional>

namespace syncline {

using Task = std::move_only_function<void()>;

// One event loop. Tasks run one at a time, on the loop's thread, in the order they became due.
class Scheduler {
 public:
  using TimerId = std::uint64_t;  // 0 is never a timer

  virtual ~Scheduler() = default;

  // Runs `task` in a later turn of the loop. This and is_current() may be called from any thread, the others
  // on the loop only.
  virtual void post(Task task) = 0;

  // Is the caller inside a turn of this loop, on its thread?
  virtual bool is_current() const = 0;

  // Runs `task` once, `delay_ms` from now or a little later. Owned by the loop until then.
  virtual TimerId after(std::uint64_t delay_ms, Task task) = 0;

  // Drops a timer that has not run; one that has run, or 0, is ignored.
  virtual void cancel(TimerId timer) = 0;

  // Milliseconds of a clock that never goes back; its origin means nothing.
  virtual std::uint64_t monotonic_ms() const = 0;

  // Wall clock, milliseconds since 1970 UTC. May jump; for stamps that people read and for the HLC.
  virtual std::uint64_t unix_ms() const = 0;
};

// Unpredictable bits: session ids, tokens, jitter. Deterministic from a seed in the simulator.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};

}  // namespace syncline
