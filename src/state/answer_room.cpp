#include "state/answer_room.h"

namespace syncline::state {
namespace {

// An answer may leave memory nearly short; one alone may leave it short, but not full.
constexpr std::uint64_t kWithOthersPercent = 90;
// Of all memory, what one answer can ever have: the program and the open documents need the rest.
constexpr std::uint64_t kMostPercent = 60;

}  // namespace

// What a privileged job waits for is known to the others only as long as it waits.
AnswerRoom::Verdict AnswerRoom::ask(const MemoryCell& own, std::uint64_t bytes, bool& privileged) {
  const Verdict verdict = judge(own, bytes, privileged);
  if (privileged && memory_ != nullptr) memory_->want(verdict == Verdict::kWait ? bytes : 0);
  return verdict;
}

AnswerRoom::Verdict AnswerRoom::judge(const MemoryCell& own, std::uint64_t bytes,
                                      bool& privileged) {
  if (bytes <= kLittle) return Verdict::kTake;
  if (memory_ != nullptr && bytes > memory_->limit() / 100 * kMostPercent) return Verdict::kNever;
  if (memory_ != nullptr && memory_->full()) return Verdict::kFull;
  const bool easy =
      memory_ == nullptr || (!memory_->tight() && memory_->has_room(bytes, kWithOthersPercent));
  if (easy && own.has_room(bytes)) return Verdict::kTake;
  privileged = privileged || !taken_.exchange(true);
  if (!privileged) return Verdict::kWait;
  const bool fits = memory_ == nullptr || memory_->has_room(bytes, MemoryBudget::kAlonePercent);
  return fits ? Verdict::kTake : Verdict::kWait;
}

void AnswerRoom::give_back_privilege() {
  if (memory_ != nullptr) memory_->want(0);
  taken_ = false;
}

}  // namespace syncline::state
