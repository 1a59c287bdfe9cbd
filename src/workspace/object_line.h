// ObjectLine: what waits for an object that is lent to a worker (workspace/live_object.h).
//
// Those who wait take turns, one task each, so a writer whose changes take long keeps the others of an
// object waiting no longer than theirs take. The tasks of one stay in order.
//
// Pure. Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <unordered_map>

namespace syncline::workspace {

class ObjectLine {
 public:
  using Task = std::move_only_function<void()>;
  // Who waits: a stay in the list of subscribers, or 0 for all others together.
  using Who = std::uint64_t;

  // What a running task adds takes that task's place: it comes first.
  void add(Who who, Task task);
  // Runs the next task; there must be one.
  void run_next();
  // Runs a task that is not in the line.
  void run(Task task);

  bool empty() const { return first_.empty() && turns_.empty(); }
  bool running() const { return running_; }
  void clear();

 private:
  Task take();

  std::deque<Task> first_;  // added by tasks that ran
  std::unordered_map<Who, std::deque<Task>> waiting_;
  std::deque<Who> turns_;  // of those with waiting tasks
  bool running_ = false;
  std::size_t in_front_ = 0;  // of first_: what came from the task that runs
};

}  // namespace syncline::workspace
