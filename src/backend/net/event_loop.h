// EventLoop: the Scheduler of a real server: one reactor and one thread per loop, one loop per
// core.
//
// Loops share nothing: only a loop's own thread uses what lives on the loop, and work goes to
// another loop only as a task, with post().
//
// A round of the loop asks the kernel which descriptors are ready (poller.h), calls their handlers,
// and then runs posted tasks (task_queue.h), also those that they post. So what several connections send in one
// round is worked on before the next step, such as the append to the log, is taken for all of them
// together. Both have a limit: after 1 ms of handlers (Poller::kRoundUs) the remaining descriptors wait for the
// next round, and after as long, at least kSliceUs, the remaining tasks do. So neither keeps the other
// waiting for long. Both choose by lane: a workspace on which little is done does not wait for what
// is done on others, but for the turn that runs.
//
// The loop measures its turns (observe/turn_meter.h) and reports those over the budget of 2 ms. A
// turn is one call into the application: a posted task, the timers that are due together, or one
// descriptor that became ready.
//
//   LoopGroup loops(2);
//   loops.start();
//   loops[0].post([] { … });   // from any thread
//   loops.stop();              // joins; destroys tasks that have not run
//
// Thread-safety: post(), post_in(), lane_of(), stop(), is_current() and the clocks from any thread; after() and cancel()
// only on the loop's own thread, or before the loop has started.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "base/scheduler.h"
#include "observe/report.h"
#include "observe/turn_meter.h"

namespace syncline::backend {
class Poller;
}

namespace boost::asio {
class io_context;
}

namespace syncline::backend {

class EventLoop final : public Scheduler {
 public:
  // `index` names it in reports. The sink must outlive it; nullptr: it reports nothing.
  explicit EventLoop(std::size_t index = 0, observe::Sink* sink = nullptr);
  ~EventLoop() override;  // must not run during run()
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void post(Task task) override;
  void post_in(Lane lane, Task task) override;
  Lane lane_of(std::string_view workspace) const override;
  Lane lane() const override;
  void set_lane(Lane lane) override;
  bool is_current() const override;  // inside run() or turn()
  TimerId after(std::uint64_t delay_ms, Task task) override;
  void cancel(TimerId timer) override;
  std::uint64_t monotonic_ms() const override;
  std::uint64_t unix_ms() const override;
  std::uint64_t turn_began_us() const override;
  const char* doing() const override;
  void set_doing(const char* what) override;

  // Only on the loop's thread.
  observe::LoopMeasures& measures();

  // True if the present turn has taken so long that what remains should be put off to another one. Only on the
  // loop's thread.
  bool slice_is_over();

  // True if the last round has left descriptors that are ready to the next one. So what is put off now can be
  // done together with more of its kind. Only on the loop's thread.
  bool is_behind() const;

  // The present turn: how long it has taken so far, and the name of what it does. From any thread.
  struct Busy {
    std::uint64_t turn = 0;  // differs from turn to turn; 0: outside of a turn
    std::uint64_t ms = 0;
    const char* what = "";
  };
  Busy busy() const;

  // Runs tasks on the calling thread until stop(). May be called once.
  void run();

  // Replaces run() in a program with a clock of its own: runs what is ready, or else waits up to
  // `wait_us` microseconds for something. Must always be called from the same thread.
  void turn(std::uint64_t wait_us);

  // Makes run() return after the current task.
  void stop();

  // For fd_watch.cpp.
  Poller& poller();

  // For client sides that are written with Asio; made by the first call.
  boost::asio::io_context& context();

  static constexpr std::uint64_t kSliceUs = 500;

 private:
  // What happens while it is in scope is one turn: each call into the application.
  class Turn {
   public:
    Turn(EventLoop& loop, const char* what, Lane lane);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    EventLoop& loop_;
  };

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// `count` loops with a thread for each.
class LoopGroup {
 public:
  // The sink must outlive the group; nullptr: the loops report nothing. `name` is that of its threads, a constant.
  explicit LoopGroup(std::size_t count, observe::Sink* sink = nullptr, const char* name = "loop");
  ~LoopGroup();  // calls stop()
  LoopGroup(const LoopGroup&) = delete;
  LoopGroup& operator=(const LoopGroup&) = delete;

  // May be called once.
  void start();

  // Stops every loop and joins its thread. Must not be called on a loop. A second call does
  // nothing.
  void stop();

  std::size_t size() const { return loops_.size(); }
  EventLoop& operator[](std::size_t index) { return *loops_[index]; }
  const EventLoop& operator[](std::size_t index) const { return *loops_[index]; }

 private:
  const char* const name_;
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace syncline::backend
