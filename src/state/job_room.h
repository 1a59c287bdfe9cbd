// JobRoom: the memory of one job on a worker. Whoever is about to make something large for the job wants
// memory for it first, and goes on when it is charged.
//
// How much is estimated from what is stored (replay_bytes), and corrected with what was measured
// (MemoryCharge::set). The charge goes with what it is for, such as a state::ReplayedObject.
//
// An answer waits for its turn in the line of its worker (RoomLine), and does not count as running
// meanwhile, so that small answers go on. If it has waited for kMostWaitMs, or if memory is full, it is
// refused with kUnavailable, after which clients come back. What can never be had is refused with
// kTooLarge. An urgent job never waits.
//
// Thread-safety: the loop of the worker. A charge may go to another thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "base/memory_cell.h"
#include "base/scheduler.h"
#include "state/answer_room.h"
#include "state/job_reads.h"
#include "state/jobs.h"
#include "state/object_replay.h"

namespace syncline::state {

class RoomLine;

class JobRoom : public std::enable_shared_from_this<JobRoom> {
 public:
  using Granted = std::move_only_function<void(Result<MemoryCharge>)>;

  // `line` and `room`: nullptr: nothing limits the job. `own`: where it is charged; nullptr: nowhere.
  JobRoom(const ReplaySources& sources, Scheduler& loop, const JobOrder& order,
          std::shared_ptr<RoomLine> line, std::shared_ptr<AnswerRoom> room, SharedCell own);
  ~JobRoom();
  JobRoom(const JobRoom&) = delete;
  JobRoom& operator=(const JobRoom&) = delete;

  // Where the job works; its sources refer to this room, and what it reads is charged (state/job_reads.h).
  Workplace& place() { return place_; }

  // False if what it wants is counted nowhere.
  bool counts() const { return own_ != nullptr; }

  // Answers in this turn, or when there is room. Does not answer if the worker ends.
  void want(std::uint64_t bytes, Granted then);
  // Charges what exists already, or is little: does not wait.
  MemoryCharge hold(std::uint64_t bytes) const { return MemoryCharge(own_, bytes); }

 private:
  friend class RoomLine;

  AnswerRoom::Verdict ask(std::uint64_t bytes);
  bool is_wanted() const { return abandoned_ == nullptr || !abandoned_->load(); }

  const SharedCell own_;
  JobReads reads_;
  ReplaySources sources_;
  Workplace place_;
  const JobOrder::Kind kind_;
  const std::shared_ptr<const std::atomic<bool>> abandoned_;
  const std::shared_ptr<RoomLine> line_;
  const std::shared_ptr<AnswerRoom> room_;
  bool privileged_ = false;
};

// The jobs of one worker that wait for memory.
class RoomLine {
 public:
  static constexpr std::uint64_t kMostWaitMs = 20'000;

  // `rests` is called with true when a job begins to wait, and with false when it goes on or is refused.
  RoomLine(Scheduler& loop, std::function<void(JobOrder::Kind, bool)> rests)
      : loop_(loop), rests_(std::move(rests)) {}
  ~RoomLine() { end(); }
  RoomLine(const RoomLine&) = delete;
  RoomLine& operator=(const RoomLine&) = delete;

  void add(std::shared_ptr<JobRoom> job, std::uint64_t bytes, JobRoom::Granted then);

  // The worker ends: what waits is dropped.
  void end();

  std::size_t size() const { return waits_.size(); }

 private:
  struct Wait {
    std::shared_ptr<JobRoom> job;
    std::uint64_t bytes = 0;
    JobRoom::Granted then;
    std::uint64_t since_ms = 0;
  };

  void look();
  void look_later();
  static std::optional<Result<void>> decide(Wait& wait, std::uint64_t now_ms);

  Scheduler& loop_;
  const std::function<void(JobOrder::Kind, bool)> rests_;
  std::deque<Wait> waits_;
  Scheduler::TimerId timer_ = 0;
  bool ended_ = false;
};

// What restoring an object and showing it needs, as an estimate from the bytes that are stored of it: the
// stored bytes, the object, and its text twice. Objects of many small parts need more; they are measured
// when they are restored.
constexpr std::uint64_t replay_bytes(std::uint64_t stored_bytes) {
  return 4 * stored_bytes;
}

}  // namespace syncline::state
