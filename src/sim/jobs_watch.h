// JobsWatch: stands between a shard and its workers, and checks of each worker that jobs begin as
// state/jobs.h and state/job_queue.h promise:
//
//   I11 bounded   no more jobs run, and no more answers of an asker wait or run, than the limits say;
//                 what nobody waits for any more does not begin; a job that is over does not count
//                 as running
//   I12 liveness  an urgent job begins before answers that wait; of those who wait, nobody gets a
//                 second job begun before another gets one. If there are several workers, none does
//                 both kinds
//
// It changes nothing: not what runs, nor when.
//
// Thread-safety: none. The world and the workers must outlive it.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "node/workers.h"
#include "sim/world.h"
#include "state/job_queue.h"
#include "state/jobs.h"

namespace syncline::sim {

class JobsWatch final : public state::Jobs {
 public:
  JobsWatch(World& world, node::Workers& workers);

  void start(state::JobOrder order, Work work) override;

  // Called between two events of the world: compares with what the workers count.
  void look() const;
  // Jobs that wait for their turn, or run.
  std::size_t jobs() const;

 private:
  struct Books;

  node::Workers& workers_;
  std::vector<std::shared_ptr<Books>> books_;  // of each worker; its jobs refer to them, too
};

}  // namespace syncline::sim
