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
#include <memory>
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

  bool empty() const { return line_ == nullptr; }
  bool running() const { return running_; }
  void clear() { line_.reset(); }

 private:
  // Made when something waits. Most objects never have a line, and an empty deque has more than half a kilobyte.
  struct Line {
    std::deque<Task> first;  // added by tasks that ran
    std::unordered_map<Who, std::deque<Task>> waiting;
    std::deque<Who> turns;  // of those with waiting tasks
  };

  Task take();

  std::unique_ptr<Line> line_;  // nullptr: it is empty
  bool running_ = false;
  std::size_t in_front_ = 0;  // of Line::first: what came from the task that runs
};

}  // namespace syncline::workspace
