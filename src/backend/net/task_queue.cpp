#include "backend/net/task_queue.h"

#include <algorithm>
#include <utility>

namespace syncline::backend {

TaskQueue::Posted TaskQueue::take() {
  while (!fresh_.empty() && passed_ < kPatience) {
    Posted first = fresh_.take();
    if (!goes_first(first.lane)) {
      hold(std::move(first));
      continue;
    }
    passed_ += waiting_.empty() ? 0 : 1;
    return first;
  }
  passed_ = 0;
  return take_waiting();
}

// A task that is alone has nobody to let pass.
bool TaskQueue::goes_first(Lane lane) const {
  if (waits_[lane]) return false;
  return lanes_.lately(lane) < Lanes::kLittleUs || (waiting_.empty() && fresh_.empty());
}

void TaskQueue::hold(Posted posted) {
  const Lane lane = posted.lane;
  auto place = std::ranges::find(waiting_, lane, &Waiting::lane);
  if (place == waiting_.end()) {
    waiting_.push_back({lane, {}});
    place = waiting_.end() - 1;
    waits_.set(lane);
  }
  place->tasks.push(std::move(posted));
}

TaskQueue::Posted TaskQueue::take_waiting() {
  const auto least = std::ranges::min_element(
      waiting_, {}, [&](const Waiting& each) { return lanes_.lately(each.lane); });
  Posted posted = least->tasks.take();
  if (!least->tasks.empty()) return posted;
  waits_.reset(least->lane);
  waiting_.erase(least);
  return posted;
}

}  // namespace syncline::backend
