#include "state/job_queue.h"

#include <utility>

#include "base/assert.h"
#include "base/mutation.h"

namespace syncline::state {

Result<void> JobQueue::push(Entry&& entry) {
  Lane& lane = lanes_[entry.order.kind];
  if (entry.order.kind == JobOrder::kAnswer && !is_mutated(Mutation::unlimited_answers)) {
    const auto found = lane.askers.find(entry.order.asker);
    const std::size_t own =
        found == lane.askers.end() ? 0 : found->second.waiting.size() + found->second.running;
    if (own >= limits_.answers_by_asker)
      return fail(ErrorCode::kUnavailable,
                  "too many of your requests are being worked on: ask again later");
    if (lane.waiting + lane.running >= limits_.answers)
      return fail(ErrorCode::kUnavailable,
                  "too many requests are being worked on: ask again later");
  }
  Asker& asker = lane.askers[entry.order.asker];
  if (asker.waiting.empty()) asker.turn = lane.turns.insert(lane.turns.end(), entry.order.asker);
  asker.waiting.push_back(std::move(entry));
  ++lane.waiting;
  return {};
}

std::optional<JobQueue::Entry> JobQueue::take(std::uint64_t room) {
  constexpr std::uint64_t kAnyRoom = ~std::uint64_t{0};
  if (is_mutated(Mutation::answers_first))
    if (auto entry = take(lanes_[JobOrder::kAnswer], kAnyRoom)) return entry;
  if (auto entry = take(lanes_[JobOrder::kUrgent], kAnyRoom)) return entry;
  return take(lanes_[JobOrder::kAnswer], room);
}

// The job whose turn it is waits for room, and those behind it do, too. So a large one is not passed
// over for ever.
std::optional<JobQueue::Entry> JobQueue::take(Lane& lane, std::uint64_t room) {
  while (lane.running < limits_.running && !lane.turns.empty()) {
    const auto found = lane.askers.find(lane.turns.front());
    Asker& asker = found->second;
    const JobOrder& next = asker.waiting.front().order;
    const bool wanted = next.abandoned == nullptr || !next.abandoned->load() ||
                        is_mutated(Mutation::work_for_nobody);
    if (wanted && lane.running > 0 && next.bytes > room) return std::nullopt;
    Entry entry = std::move(asker.waiting.front());
    asker.waiting.pop_front();
    --lane.waiting;
    lane.turns.erase(asker.turn);
    const auto back = is_mutated(Mutation::greedy_asker) ? lane.turns.begin() : lane.turns.end();
    if (!asker.waiting.empty()) asker.turn = lane.turns.insert(back, found->first);
    if (!wanted) {
      ++abandoned_;
      if (asker.waiting.empty() && asker.running == 0) lane.askers.erase(found);
      continue;
    }
    ++asker.running;
    ++lane.running;
    return entry;
  }
  return std::nullopt;
}

void JobQueue::over(JobOrder::Kind kind, const std::string& name) {
  Lane& lane = lanes_[kind];
  const auto found = lane.askers.find(name);
  SYNCLINE_ASSERT(found != lane.askers.end() && found->second.running > 0);
  --lane.running;
  if (--found->second.running == 0 && found->second.waiting.empty()) lane.askers.erase(found);
}

}  // namespace syncline::state
