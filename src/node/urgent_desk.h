// UrgentDesk: shares the urgent jobs of a node out to its urgent workers.
//
// A job may take milliseconds or half a minute, and nobody knows which before it is done. If each were
// given to a worker when it comes, some would wait behind a long one while another worker has nothing to
// do. So all wait at the desk, and a worker gets the next one when it is free. The workers run beside
// each other, and the system shares the processors out between them: a short job does not wait until a
// long one is over, unless all workers have long ones.
//
// Askers take turns, as at every JobQueue. Large jobs (JobOrder::bytes) have a queue of their own, of
// which only a few run at once, because what a job needs while it runs is not counted anywhere. The two
// queues take turns, so neither keeps the other waiting.
//
// Jobs of one asker may end in another order than that in which they came. An object is lent to one job
// at a time, and the store puts the snapshots of an object in order.
//
// Pure. Thread-safety: none, except for waiting().
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "state/job_queue.h"

namespace syncline::node {

struct DeskLimits {
  std::size_t workers = 1;                          // at least one
  std::size_t each = 1;                             // jobs that one worker has at once
  std::size_t large_bytes = std::size_t{16} << 20;  // a job that needs more is large
  std::size_t large = 1;                            // large jobs that run at once
};

class UrgentDesk {
 public:
  // Called with the number of the worker that gets the job, within take() or over().
  using Give = std::function<void(std::size_t worker, state::JobQueue::Entry job)>;

  UrgentDesk(const DeskLimits& limits, Give give);

  void take(state::JobQueue::Entry job);
  // A job that this worker got is over.
  void over(std::size_t worker, const state::JobOrder& order);

  bool is_large(const state::JobOrder& order) const { return order.bytes > limits_.large_bytes; }
  const DeskLimits& limits() const { return limits_; }
  std::size_t waiting() const { return waiting_; }  // from any thread

 private:
  void give_out();
  std::optional<std::size_t> free_worker() const;
  std::optional<state::JobQueue::Entry> next();

  const DeskLimits limits_;
  const Give give_;
  state::JobQueue small_;
  state::JobQueue large_;
  bool large_next_ = false;           // whose turn it is, if jobs of both wait
  std::vector<std::size_t> running_;  // of each worker
  std::atomic<std::size_t> waiting_ = 0;
};

}  // namespace syncline::node
