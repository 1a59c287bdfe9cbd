// JobsWatch: stands between a shard and its workers, and checks that jobs begin as state/jobs.h,
// state/job_queue.h and node/urgent_desk.h promise:
//
//   I11 bounded   of each line, no more jobs run than the limits say, and no more answers of an asker
//                 wait or run; what nobody waits for any more does not begin; a job that is over does not
//                 count as running
//   I12 liveness  of those who wait in a line, nobody gets a second turn before another gets one. If
//                 there are several workers, none does both urgent jobs and answers, and no urgent job
//                 waits while a worker for such jobs has nothing to do, except for large ones. If there is one,
//                 an urgent job begins before answers that wait
//
// A line is that of one worker, or, for urgent jobs of several workers, that of the small or of the large
// ones at their desk. There, a job has its turn when a worker gets it.
//
// It changes nothing: not what runs, nor when.
//
// Thread-safety: none. The world and the workers must outlive it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
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
  struct Desk;

  std::shared_ptr<Books> line_of(const state::JobOrder& order) const;

  node::Workers& workers_;
  // Of each worker, then of the small and of the large jobs at the desk; jobs refer to them, too.
  std::vector<std::shared_ptr<Books>> books_;
  std::shared_ptr<Desk> desk_;
};

}  // namespace syncline::sim
