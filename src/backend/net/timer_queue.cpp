#include "backend/net/timer_queue.h"

#include <algorithm>
#include <utility>

namespace syncline::backend {

bool TimerQueue::later(const Entry& a, const Entry& b) {
  return a.due_ms != b.due_ms ? a.due_ms > b.due_ms : a.id > b.id;
}

TimerQueue::TimerId TimerQueue::add(std::uint64_t due_ms, Task task) {
  const TimerId id = next_id_++;
  tasks_.emplace(id, std::move(task));
  heap_.push_back({due_ms, id});
  std::push_heap(heap_.begin(), heap_.end(), later);
  return id;
}

void TimerQueue::cancel(TimerId timer) {
  // The task is destroyed last, because the destruction of its captures may call this queue.
  auto node = tasks_.extract(timer);
  constexpr std::size_t kSlack = 64;
  if (heap_.size() > 2 * tasks_.size() + kSlack) rebuild();
}

std::optional<std::uint64_t> TimerQueue::next_due_ms() {
  drop_stale_top();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().due_ms;
}

std::optional<Task> TimerQueue::take_due(std::uint64_t now_ms) {
  drop_stale_top();
  if (heap_.empty() || heap_.front().due_ms > now_ms) return std::nullopt;
  auto node = tasks_.extract(heap_.front().id);
  pop();
  return std::move(node.mapped());
}

void TimerQueue::clear() {
  heap_.clear();
  // The destruction of a task may cancel another. Then the table must be consistent, and empty.
  auto tasks = std::exchange(tasks_, {});
}

void TimerQueue::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  heap_.pop_back();
}

void TimerQueue::drop_stale_top() {
  while (!heap_.empty() && !tasks_.contains(heap_.front().id)) pop();
}

void TimerQueue::rebuild() {
  std::erase_if(heap_, [this](const Entry& entry) { return !tasks_.contains(entry.id); });
  std::make_heap(heap_.begin(), heap_.end(), later);
}

}  // namespace syncline::backend
