#include "node/workers.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

namespace syncline::node {

namespace {

// Of so many workers; the others make answers.
std::size_t urgent_workers(std::size_t all) {
  return std::max<std::size_t>(all / 2, 1);
}

std::size_t answer_workers(std::size_t all) {
  return all == 1 ? 1 : all - urgent_workers(all);
}

}  // namespace

Workers::Workers(const std::vector<Scheduler*>& loops, MemoryBudget* memory)
    : room_(memory == nullptr
                ? nullptr
                : std::make_shared<state::AnswerRoom>(memory->cell(MemoryUse::kAnswers), memory,
                                                      answer_workers(loops.size()))) {
  for (Scheduler* loop : loops) places_.push_back({*loop, nullptr});
}

void Workers::set(std::size_t index, std::unique_ptr<log::LoopStore> store,
                  const merge::TypeRegistry& types) {
  Place& place = places_[index];
  place.site = store == nullptr ? nullptr
                                : std::make_unique<Site>(place.loop, std::move(store), types,
                                                         *place.counters, room_);
}

std::size_t Workers::worker_for(const state::JobOrder& order) const {
  const std::size_t urgent = urgent_workers(places_.size());
  const std::size_t hash = std::hash<std::string>{}(order.asker);
  if (order.kind == state::JobOrder::kUrgent || places_.size() == 1) return hash % urgent;
  return urgent + hash % (places_.size() - urgent);
}

void Workers::start(state::JobOrder order, Work work) {
  const Place& place = places_[worker_for(order)];
  place.loop.post([&place, order = std::move(order), work = std::move(work)]() mutable {
    if (place.site != nullptr) place.site->worker.take(std::move(order), std::move(work));
  });
}

Workers::Counts Workers::counts() const {
  Counts all;
  for (const Place& place : places_) {
    all.begun += place.counters->begun;
    all.refused += place.counters->refused;
    all.abandoned += place.counters->abandoned;
    all.waiting += place.counters->waiting;
    all.running += place.counters->running;
  }
  return all;
}

std::uint64_t Workers::kept_bytes() const {
  std::uint64_t bytes = 0;
  for (const Place& place : places_)
    if (place.site != nullptr) bytes += place.site->worker.kept_bytes();
  return bytes;
}

}  // namespace syncline::node
