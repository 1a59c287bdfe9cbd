#include "node/urgent_desk.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/mutation.h"

namespace syncline::node {

using state::JobOrder;
using state::JobQueue;

UrgentDesk::UrgentDesk(const DeskLimits& limits, Give give)
    : limits_(limits),
      give_(std::move(give)),
      small_({.running = limits.workers * limits.each}),
      large_({.running = is_mutated(Mutation::large_together) ? limits.workers : limits.large}),
      running_(limits.workers) {
  SYNCLINE_ASSERT(limits.workers > 0);
}

void UrgentDesk::take(JobQueue::Entry job) {
  JobQueue& queue = is_large(job.order) ? large_ : small_;
  const auto taken = queue.push(std::move(job));
  SYNCLINE_ASSERT(taken.has_value());  // what is urgent is never refused
  give_out();
}

void UrgentDesk::over(std::size_t worker, const JobOrder& order) {
  --running_[worker];
  (is_large(order) ? large_ : small_).over(order.kind, order.asker);
  give_out();
}

void UrgentDesk::give_out() {
  while (const auto worker = free_worker()) {
    auto job = next();
    if (!job) break;
    ++running_[*worker];
    give_(*worker, std::move(*job));
  }
  waiting_ = small_.waiting() + large_.waiting();
}

// The worker with the fewest jobs, if it may have one more.
std::optional<std::size_t> UrgentDesk::free_worker() const {
  const auto end = is_mutated(Mutation::one_urgent_worker) ? running_.begin() + 1 : running_.end();
  const auto least = std::min_element(running_.begin(), end);
  if (*least >= limits_.each) return std::nullopt;
  return static_cast<std::size_t>(least - running_.begin());
}

std::optional<JobQueue::Entry> UrgentDesk::next() {
  for (int tries = 0; tries < 2; ++tries) {
    auto job = (large_next_ ? large_ : small_).take();
    large_next_ = !large_next_;
    if (job) return job;
  }
  return std::nullopt;
}

}  // namespace syncline::node
