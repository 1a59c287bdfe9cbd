#include "sim/loop.h"

#include <algorithm>
#include <utility>

namespace syncline::sim {
namespace {

constexpr Lane kLanes = 5;  // few, so that some workspaces share one
constexpr double kLongDelays = 0.03;

}  // namespace

void Loop::post_in(Lane lane, Task task) {
  if (delays_ && is_from_others()) return come_later({lane, std::move(task)});
  tasks_.push_back({lane, std::move(task)});
  schedule();
}

void Loop::hear_late(std::vector<const Loop*> others, Dice dice, std::uint64_t longest_us) {
  others_ = std::move(others);
  delays_ = dice;
  longest_delay_us_ = longest_us;
}

bool Loop::is_from_others() const {
  return std::ranges::any_of(others_, [](const Loop* each) { return each->in_turn_; });
}

void Loop::come_later(Posted posted) {
  const std::uint64_t longest_us = longest_delay_us_ * (delays_->chance(kLongDelays) ? 10 : 1);
  const std::uint64_t at_us = timeline_.now_us() + delays_->below(longest_us + 1);
  const std::uint64_t last_us = coming_.empty() ? 0 : coming_.back().at_us;
  coming_.push_back({std::max(at_us, last_us), std::move(posted)});
  await_next();
}

void Loop::await_next() {
  if (arrival_scheduled_ || coming_.empty()) return;
  arrival_scheduled_ = true;
  const std::uint64_t now_us = timeline_.now_us();
  arrival_ = timeline_.after(std::max(coming_.front().at_us, now_us) - now_us, [this] {
    arrival_scheduled_ = false;
    tasks_.push_back(std::move(coming_.front().posted));
    coming_.pop_front();
    schedule();
    await_next();
  });
}

Lane Loop::lane_of(std::string_view workspace) const {
  if (!lanes_) return 0;
  return 1 + static_cast<Lane>(lanes_->fork(workspace).next() % kLanes);
}

void Loop::schedule() {
  if (turn_scheduled_ || paused_ || tasks_.empty()) return;
  turn_scheduled_ = true;
  turn_ = timeline_.after(turn_us_, [this] { turn(); });
}

void Loop::turn() {
  turn_scheduled_ = false;
  if (paused_) return;
  if (lanes_) shuffle_lanes();
  // What these tasks post belongs to the next turn.
  for (std::size_t count = tasks_.size(); count > 0 && !tasks_.empty() && !paused_; --count) {
    Posted posted = std::move(tasks_.front());
    tasks_.pop_front();
    in_turn_ = true;
    lane_ = posted.lane;
    posted.task();
    lane_ = 0;
    in_turn_ = false;
  }
  schedule();
}

void Loop::shuffle_lanes() {
  std::map<Lane, std::uint64_t> order;
  for (const Posted& posted : tasks_) order.try_emplace(posted.lane, 0);
  for (auto& [lane, place] : order) place = lanes_->next();
  std::ranges::stable_sort(tasks_, {}, [&](const Posted& posted) { return order[posted.lane]; });
}

Scheduler::TimerId Loop::after(std::uint64_t delay_ms, Task task) {
  const TimerId id = ++last_timer_;
  // With a fast clock, the timer fires early.
  const auto delay_us =
      static_cast<std::int64_t>(delay_ms) * 1000 * 1'000'000 / (1'000'000 + skew_.drift_ppm);
  timers_[id] = timeline_.after(static_cast<std::uint64_t>(delay_us),
                                [this, id, task = std::move(task)]() mutable {
                                  timers_[id] = {};
                                  post([this, id, task = std::move(task)]() mutable {
                                    // Unless it was cancelled in the meantime.
                                    if (timers_.erase(id) > 0) task();
                                  });
                                });
  return id;
}

void Loop::cancel(TimerId timer) {
  const auto found = timers_.find(timer);
  if (found == timers_.end()) return;
  timeline_.cancel(found->second);
  timers_.erase(found);
}

std::uint64_t Loop::local_ms() const {
  const auto now_us = static_cast<std::int64_t>(timeline_.now_us());
  return static_cast<std::uint64_t>((now_us + now_us * skew_.drift_ppm / 1'000'000) / 1000);
}

std::uint64_t Loop::monotonic_ms() const {
  return skew_.origin_ms + local_ms();
}

std::uint64_t Loop::unix_ms() const {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(kEpochMs + local_ms()) +
                                    skew_.offset_ms);
}

void Loop::resume() {
  paused_ = false;
  schedule();
}

void Loop::stop() {
  for (const auto& [id, ticket] : timers_) timeline_.cancel(ticket);
  timers_.clear();
  forget_turns();
  // Destroying a task may post others.
  while (!tasks_.empty() || !coming_.empty()) {
    auto tasks = std::exchange(tasks_, {});
    tasks.clear();
    auto coming = std::exchange(coming_, {});
    coming.clear();
  }
  forget_turns();
}

void Loop::forget_turns() {
  if (turn_scheduled_) timeline_.cancel(turn_);
  turn_scheduled_ = false;
  if (arrival_scheduled_) timeline_.cancel(arrival_);
  arrival_scheduled_ = false;
}

}  // namespace syncline::sim
