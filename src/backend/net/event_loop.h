// The production Scheduler: one reactor, one thread, one loop per core.
//
// Share nothing: what lives on a loop is touched by that loop's thread alone, and work crosses
// loops only as tasks given to post(). An Asio io_context does the waiting; this header does not
// show it.
//
//   LoopGroup loops(2);
//   loops.start();
//   loops[0].post([] { … });   // from any thread
//   loops.stop();              // joins; tasks that have not run are destroyed unrun
//
// Thread-safety: post(), stop() and is_current() from any thread; the clocks too; after() and
// cancel() on the loop's own thread, or before the loop has been started.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "base/scheduler.h"

namespace boost::asio {
class io_context;
}

namespace syncline::backend {

class EventLoop final : public Scheduler {
 public:
  EventLoop();
  ~EventLoop() override;  // not while run() is in progress
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void post(Task task) override;
  bool is_current() const override;  // inside run() or turn()
  TimerId after(std::uint64_t delay_ms, Task task) override;
  void cancel(TimerId timer) override;
  std::uint64_t monotonic_ms() const override;
  std::uint64_t unix_ms() const override;

  // Runs tasks on the calling thread until stop(). At most once.
  void run();

  // In place of run(), for a program with a clock of its own: runs what is ready, and waits for
  // something up to `wait_us` microseconds if nothing is. Always from the same thread.
  void turn(std::uint64_t wait_us);

  // run() returns after the task that is running now.
  void stop();

  // For the sources of this folder that wait on file descriptors.
  boost::asio::io_context& context();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// `count` loops and a thread for each.
class LoopGroup {
 public:
  explicit LoopGroup(std::size_t count);
  ~LoopGroup();  // stop()s
  LoopGroup(const LoopGroup&) = delete;
  LoopGroup& operator=(const LoopGroup&) = delete;

  // Once.
  void start();

  // Stops every loop and joins its thread. Not from a loop. Calling it again does nothing.
  void stop();

  std::size_t size() const { return loops_.size(); }
  EventLoop& operator[](std::size_t index) { return *loops_[index]; }

 private:
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace syncline::backend
