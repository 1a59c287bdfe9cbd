// Scheduler: how the rooms above the operating system see time and their event loop.
//
// Every room runs on one loop. It never blocks, sleeps or starts a thread. It uses the loop through
// this interface, so the simulator can run the same code on a virtual clock.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

namespace syncline {

using Task = std::move_only_function<void()>;

// For whom a turn of a loop is: a workspace, or nobody in particular (0). A busy loop shares its
// time out between lanes. Workspaces have lanes by chance, so two may have the same one.
using Lane = std::uint32_t;

// One event loop. Tasks run one at a time, on the loop's thread. Those of a lane run in the order in
// which they became due; those of another lane may pass them.
class Scheduler {
 public:
  using TimerId = std::uint64_t;  // 0 is never a timer

  virtual ~Scheduler() = default;

  // Runs `task` in a later turn of the loop. post() and is_current() may be called from any thread,
  // the other functions only on the loop.
  // The lane of such a task is that of the turn that posts it, or 0 if another thread posts it.
  virtual void post(Task task) = 0;
  // The same for a turn of that lane.
  virtual void post_in(Lane /*lane*/, Task task) { post(std::move(task)); }

  // The lane of a workspace; it does not change. From any thread. A loop that does not share its
  // time out knows only lane 0.
  virtual Lane lane_of(std::string_view /*workspace*/) const { return 0; }
  // The lane of the present turn. Only on the loop.
  virtual Lane lane() const { return 0; }
  virtual void set_lane(Lane /*lane*/) {}

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

// What is posted while it is in scope is posted in that lane. The present turn stays a turn of the
// lane in which it began.
class InLane {
 public:
  InLane(Scheduler& loop, Lane lane) : loop_(loop), before_(loop.lane()) { loop.set_lane(lane); }
  ~InLane() { loop_.set_lane(before_); }
  InLane(const InLane&) = delete;
  InLane& operator=(const InLane&) = delete;

 private:
  Scheduler& loop_;
  const Lane before_;
};

// Unpredictable bits for session ids, tokens and jitter. In the simulator they follow from the
// seed.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};

}  // namespace syncline
