// Worker: carries out jobs (state/jobs.h) on a loop.
//
// In production and in the simulator, the loop is one of its own. Programs without such loops, and
// tests, let the loop that asks do the work: then the worker changes only the order.
//
// Thread-safety: it is created, used and destroyed on its loop. Its counters may be read on any
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "state/author_index.h"
#include "state/job_queue.h"
#include "state/job_room.h"
#include "state/object_replay.h"

namespace syncline::state {

struct JobCounters {
  std::atomic<std::uint64_t> begun = 0;
  std::atomic<std::uint64_t> refused = 0;
  std::atomic<std::uint64_t> abandoned = 0;  // nobody waited any more when their turn came
  std::atomic<std::uint64_t> waiting = 0;    // now
  std::atomic<std::uint64_t> running = 0;    // now, without those that wait for memory
  std::atomic<std::uint64_t> resting = 0;    // now: have begun, and wait for memory
};

class Worker {
 public:
  // `loop`, `counters`, and what `sources` refers to, must outlive it. `room`: the memory for answers;
  // nullptr: it is not counted. Running jobs may outlive the worker, but not what the room refers to.
  Worker(Scheduler& loop, const ReplaySources& sources, JobCounters& counters,
         JobLimits limits = {}, std::shared_ptr<AnswerRoom> room = nullptr);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // The job begins in a later turn, or is refused in this one.
  void take(JobOrder order, Jobs::Work work);

  // What it keeps between jobs.
  std::uint64_t kept_bytes() const { return authors_.bytes(); }

 private:
  void begin_later();
  void begin();
  void count();
  SharedCell cell_for(const JobOrder& order) const;

  Scheduler& loop_;
  AuthorIndexes authors_;
  const ReplaySources sources_;
  JobQueue queue_;
  JobCounters& counters_;
  const std::shared_ptr<AnswerRoom> room_;
  const std::shared_ptr<RoomLine> line_;
  bool scheduled_ = false;
  std::shared_ptr<Worker*> self_;  // holds nullptr after the end
};

// Jobs for programs with one loop: this loop does them itself.
class LocalJobs final : public Jobs {
 public:
  LocalJobs(Scheduler& loop, const ReplaySources& sources) : worker_(loop, sources, counters_) {}
  void start(JobOrder order, Work work) override {
    worker_.take(std::move(order), std::move(work));
  }

 private:
  JobCounters counters_;
  Worker worker_;
};

}  // namespace syncline::state
