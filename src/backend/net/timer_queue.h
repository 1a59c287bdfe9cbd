// TimerQueue: the timers of one loop. Optimised for many timers, most of which are cancelled or
// moved long before they are due.
//
// A binary heap of (due, id), and a hash table of the tasks. Cancelling only drops the task, in
// O(1). The stale heap entry is removed when it reaches the top, or when stale entries outnumber
// live ones and the heap is rebuilt. So memory is at most twice that of the live timers, and
// cancelling never searches.
//
// Pure: the caller passes the time. Not thread-safe.
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

  // Ignores unknown ids and timers that were already taken.
  void cancel(TimerId timer);

  // When the next live timer is due; empty if there is none.
  std::optional<std::uint64_t> next_due_ms();

  // Removes and returns the earliest timer that is due at or before `now_ms`. Timers with equal
  // times come in the order of add().
  std::optional<Task> take_due(std::uint64_t now_ms);

  // Destroys every task without running it.
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
