// Scheduler: how the rooms above the operating system see time and their event loop.
//
// Every room runs on one loop. It never blocks, sleeps or starts a thread. It uses the loop through
// this interface, so the simulator can run the same code on a virtual clock.
#pragma once

#include <cstdint>
#include <functional>

namespace syncline {

using Task = std::move_only_function<void()>;

// One event loop. Tasks run one at a time, on the loop's thread, in the order in which they became
// due.
class Scheduler {
 public:
  using TimerId = std::uint64_t;  // 0 is never a timer

  virtual ~Scheduler() = default;

  // Runs `task` in a later turn of the loop. post() and is_current() may be called from any thread,
  // the other functions only on the loop.
  virtual void post(Task task) = 0;

  // True if the caller is inside a turn of this loop, on its thread.
  virtual bool is_current() const = 0;

  // Runs `task` once, after `delay_ms` or a little later. Until then the loop owns it.
  virtual TimerId after(std::uint64_t delay_ms, Task task) = 0;

  // Cancels a timer that has not run yet. Ignores a timer that has run, and 0.
  virtual void cancel(TimerId timer) = 0;

  // Milliseconds of a clock that never goes back. Its starting point has no meaning.
  virtual std::uint64_t monotonic_ms() const = 0;

  // The wall clock: milliseconds since 1970 UTC. It can jump. For times that people read, and for
  // the HLC.
  virtual std::uint64_t unix_ms() const = 0;

  // When the present turn began, in microseconds of a clock of the loop; only differences have a
  // meaning. It costs no look at a clock, so it is for measuring in places that run for every
  // change. Only on the loop.
  virtual std::uint64_t turn_began_us() const { return monotonic_ms() * 1000; }

  // What the turn does, by name; see Doing. Names are constants. A loop that does not measure its
  // turns knows none. Only on the loop.
  virtual const char* doing() const { return ""; }
  virtual void set_doing(const char* /*what*/) {}
};

// Names a piece of work while it is in scope: if the turn takes too long, the log and the metrics
// say which piece took the time (observe/turn_meter.h). It costs two looks at the clock, so it is
// for pieces that can take long, and not for each of many small ones.
//
// A task that is posted meanwhile, and the answer of a store that is asked meanwhile, run under the
// same name. So the name of a request covers everything that its loop does for it.
//
//   const Doing naming(scheduler, "blame");
class Doing {
 public:
  Doing(Scheduler& loop, const char* what) : loop_(loop), before_(loop.doing()) {
    loop.set_doing(what);
  }
  ~Doing() { loop_.set_doing(before_); }
  Doing(const Doing&) = delete;
  Doing& operator=(const Doing&) = delete;

 private:
  Scheduler& loop_;
  const char* const before_;
};

// Unpredictable bits for session ids, tokens and jitter. In the simulator they follow from the
// seed.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};

}  // namespace syncline
