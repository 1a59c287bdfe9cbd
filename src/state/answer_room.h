// AnswerRoom: whether there is memory for one more answer that a worker wants to make, such as a copy of
// a large object and its JSON. One for all workers of a process.
//
// What answers need is charged before it is used (state/job_room.h), to the cell of who asks, and so to
// that of the process. An answer begins if all of these hold:
//   - the cells have room for it: those of its principal, and that of all answers;
//   - memory is not short, and would not be with it.
//
// An answer may need more than all answers may have together. So that it is made nevertheless, one job of
// the process at a time may take what does not fit, as long as the memory of the process has room. It
// keeps this privilege until it is over. So jobs that hold something and want more never wait for each
// other for ever. While that job waits for memory, others give theirs up (MemoryBudget::want).
//
// Thread-safety: any thread. The cell and the budget must outlive it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/memory_budget.h"

namespace syncline::state {

class AnswerRoom {
 public:
  // Who wants at most this never waits.
  static constexpr std::uint64_t kLittle = std::uint64_t{1} << 20;

  enum class Verdict : std::uint8_t {
    kTake,
    kWait,
    kFull,  // memory is full: not now
    kNever  // more than an answer can ever have
  };

  // `cell`: of what answers need, of the process. `memory`: nullptr: only the cell limits them. `workers`:
  // how many make answers.
  explicit AnswerRoom(MemoryCell& cell, MemoryBudget* memory = nullptr, std::size_t workers = 1)
      : cell_(cell), memory_(memory), workers_(workers) {}
  AnswerRoom(const AnswerRoom&) = delete;
  AnswerRoom& operator=(const AnswerRoom&) = delete;

  MemoryCell& cell() { return cell_; }
  // What a worker may keep between answers: its part of half of what answers may use.
  std::uint64_t most_kept() const {
    constexpr std::uint64_t kMost = std::uint64_t{64} << 20;
    return (cell_.limit() == 0 ? kMost : std::min(kMost, cell_.limit() / 2)) / workers_;
  }
  // What a worker keeps between answers is charged there; may be nullptr.
  SharedCell kept_cell() const {
    return memory_ == nullptr ? nullptr : lasting(&memory_->cell(MemoryUse::kObjects));
  }

  // May a job that is charged in `own` take so many bytes more? `privileged` belongs to the job: it says
  // whether the job may take what does not fit, and may become true.
  Verdict ask(const MemoryCell& own, std::uint64_t bytes, bool& privileged);

  // A privileged job is over.
  void give_back_privilege();

 private:
  Verdict judge(const MemoryCell& own, std::uint64_t bytes, bool& privileged);

  MemoryCell& cell_;
  MemoryBudget* const memory_;
  const std::size_t workers_;
  std::atomic<bool> taken_ = false;  // a job is privileged
};

}  // namespace syncline::state
