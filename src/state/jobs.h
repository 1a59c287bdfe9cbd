// Jobs: work that is too long for a loop: rendering, attribution, exports of history, whole states,
// loads of large objects, merges of large changes.
//
// A job runs on a worker: a loop of its own, with its own view of the store, which serves no
// connections. It may take long, but it should give way to other jobs where it reads (each answer of
// the store is a turn of its own). It must not touch what belongs to another loop, except an object
// that this loop has lent to it (workspace/live_object.h). It passes its result back through a
// log::ReplyGate of the loop that asked.
//
// There are two kinds. Somebody's change or opening waits for an urgent job; there is at most one
// for each object, and it is never refused. An answer is what somebody asked to read; each asker has
// a limit of answers that run or wait, and above it the request is refused with kUnavailable. Askers
// get their turns in order, however much each of them asks for.
//
// Thread-safety: start() may be called on any loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/memory_account.h"
#include "base/scheduler.h"
#include "log/reply_gate.h"
#include "syncline/error.h"

namespace syncline::state {

struct ReplaySources;

// What a loop does itself: restoring or merging at most so many bytes, preparing and applying a change
// in at most so many steps (merge::Object::prepare_within), and walking over an object with at most so
// much memory (merge::Object::memory_bytes). By default, each takes about a millisecond.
struct LoopShare {
  std::size_t bytes = std::size_t{64} << 10;
  std::uint64_t steps = 4096;
  // A change that may take more than so many is refused. A worker would do them in 13 to 40 seconds, and every
  // load of the object would do them again. An object that has such a change already (made by an earlier version,
  // or under a higher limit) is not loaded.
  std::uint64_t most_steps = std::uint64_t{1} << 27;
  std::size_t memory = std::size_t{256} << 10;
};

// What a job may use; all of it belongs to its worker.
struct Workplace {
  Scheduler& loop;
  const ReplaySources& sources;
};

struct JobOrder {
  enum Kind : std::uint8_t { kUrgent, kAnswer };

  Kind kind = kAnswer;
  // For whom it is: those with the same name share turns and a limit. For an urgent job, the
  // workspace.
  std::string asker = {};
  const char* name = "";  // of the turns that it takes (Doing); a constant
  // For an answer: the memory that it needs besides what it wants while it runs (state/job_room.h). Answers
  // begin only while there is room for them together, or one at a time. For an urgent job: the memory that
  // it needs besides the object, as far as that is known; only a few large ones run at once.
  std::size_t bytes = std::size_t{256} << 10;
  // For a read: how many times longer it takes than walking over the object, so that a loop leaves also smaller
  // objects to the workers (LoopShare::memory).
  std::uint32_t weight = 1;
  // What the job needs is charged there; nullptr: to the process alone.
  SharedAccount account = nullptr;
  // Set to true, by any thread, when nobody waits for the result any more. A job that has not begun
  // by then does not begin. May be nullptr.
  std::shared_ptr<const std::atomic<bool>> abandoned = nullptr;
};

// A job is running until its slot is destroyed, on the worker's loop.
class JobSlot {
 public:
  JobSlot() = default;
  explicit JobSlot(std::move_only_function<void()> over) : over_(std::move(over)) {}
  JobSlot(JobSlot&& other) noexcept : over_(std::exchange(other.over_, nullptr)) {}
  JobSlot& operator=(JobSlot&& other) noexcept {
    std::swap(over_, other.over_);
    return *this;
  }
  ~JobSlot() {
    if (over_) over_();
  }

 private:
  std::move_only_function<void()> over_;
};

class Jobs {
 public:
  // Called on the worker's loop: with its place, or with the reason why the job is refused. If it is
  // destroyed without a call, the process ends, or the job was abandoned.
  using Work = std::move_only_function<void(Result<Workplace*>, JobSlot)>;

  virtual ~Jobs() = default;

  virtual void start(JobOrder order, Work work) = 0;
};

// Jobs, and the way back from them to the loop that starts them.
struct OffLoop {
  Jobs& jobs;
  log::ReplyGate& home;
  LoopShare share = {};  // more than this goes to the workers

  // Runs `work`, which computes a T from what it holds, and answers `done` on this loop.
  template <typename T>
  void compute(JobOrder order, std::move_only_function<T()> work,
               std::move_only_function<void(T)> done) const {
    jobs.start(std::move(order), [work = std::move(work), answer = home.bind(std::move(done))](
                                     Result<Workplace*>, JobSlot) mutable { answer(work()); });
  }
};

}  // namespace syncline::state
