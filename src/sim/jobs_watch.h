// JobsWatch: stands between a shard and its worker, and checks that jobs begin as state/jobs.h and
// state/job_queue.h promise:
//
//   I11 bounded   no more jobs run, and no more answers of an asker wait or run, than the limits say;
//                 what nobody waits for any more does not begin; a job that is over does not count
//                 as running
//   I12 liveness  an urgent job begins before answers that wait; of those who wait, nobody gets a
//                 second job begun before another gets one
//
// It changes nothing: not what runs, nor when.
//
// Thread-safety: none. The world, the loop and the workers must outlive it.
#pragma once

#include <cstddef>
#include <memory>

#include "node/workers.h"
#include "sim/loop.h"
#include "sim/world.h"
#include "state/job_queue.h"
#include "state/jobs.h"

namespace syncline::sim {

class JobsWatch final : public state::Jobs {
 public:
  // `loop` is that of the only worker of `workers`.
  JobsWatch(World& world, Loop& loop, node::Workers& workers);

  void start(state::JobOrder order, Work work) override;

  // Called between two events of the world: compares with what the workers count.
  void look() const;
  // Jobs that wait for their turn, or run.
  std::size_t jobs() const;

 private:
  struct Books;

  Loop& loop_;
  node::Workers& workers_;
  const std::shared_ptr<Books> books_;  // jobs refer to it, too
};

}  // namespace syncline::sim
