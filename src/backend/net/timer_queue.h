// The timers of one loop: many are set, most are cancelled or moved long before they are due.
//
// A binary heap of (due, id) beside a hash table of the tasks. Cancelling only drops the task,
// O(1); the stale heap entry goes when it surfaces, or when stale entries outnumber live ones and
// the heap is rebuilt. So memory stays within twice the live timers, and no cancel walks anything.
//
// Pure: the caller says what time it is. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/scheduler.h"

namespace syncline::backend {

class TimerQueue {
 public:
  using TimerId = Scheduler::TimerId;

  TimerId add(std::uint64_t due_ms, Task task);

  // Unknown ids, and those that have been taken, are ignored.
  void cancel(TimerId timer);

  // When the next live timer is due.
  std::optional<std::uint64_t> next_due_ms();

  // Takes the earliest timer due at or before `now_ms`; equal times leave in the order of add().
  std::optional<Task> take_due(std::uint64_t now_ms);

  // Destroys every task unrun.
  void clear();

  std::size_t size() const { return tasks_.size(); }

 private:
  struct Entry {
    std::uint64_t due_ms;
    TimerId id;
  };

  static bool later(const Entry& a, const Entry& b);
  void pop();
  void drop_stale_top();
  void rebuild();

  std::vector<Entry> heap_;
  std::unordered_map<TimerId, Task> tasks_;
  TimerId next_id_ = 1;
};

}  // namespace syncline::backend
