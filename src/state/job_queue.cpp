#include "state/job_queue.h"

#include <utility>

#include "base/assert.h"

namespace syncline::state {

Result<void> JobQueue::push(Entry&& entry) {
  Lane& lane = lanes_[entry.order.kind];
  if (entry.order.kind == JobOrder::kAnswer) {
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

std::optional<JobQueue::Entry> JobQueue::take() {
  for (const auto kind : {JobOrder::kUrgent, JobOrder::kAnswer}) {
    if (auto entry = take(lanes_[kind])) return entry;
  }
  return std::nullopt;
}

std::optional<JobQueue::Entry> JobQueue::take(Lane& lane) {
  while (lane.running < limits_.running && !lane.turns.empty()) {
    const auto found = lane.askers.find(lane.turns.front());
    Asker& asker = found->second;
    Entry entry = std::move(asker.waiting.front());
    asker.waiting.pop_front();
    --lane.waiting;
    lane.turns.erase(asker.turn);
    if (!asker.waiting.empty()) asker.turn = lane.turns.insert(lane.turns.end(), found->first);
    if (entry.order.abandoned != nullptr && entry.order.abandoned->load()) {
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
