#include "workspace/object_line.h"

#include <utility>

namespace syncline::workspace {

void ObjectLine::add(Who who, Task task) {
  if (running_) {
    first_.insert(first_.begin() + static_cast<std::ptrdiff_t>(in_front_++), std::move(task));
    return;
  }
  auto& tasks = waiting_[who];
  if (tasks.empty()) turns_.push_back(who);
  tasks.push_back(std::move(task));
}

ObjectLine::Task ObjectLine::take() {
  Task task;
  if (!first_.empty()) {
    task = std::move(first_.front());
    first_.pop_front();
    return task;
  }
  const Who who = turns_.front();
  turns_.pop_front();
  const auto found = waiting_.find(who);
  task = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty())
    waiting_.erase(found);
  else
    turns_.push_back(who);
  return task;
}

void ObjectLine::run_next() {
  run(take());
}

void ObjectLine::run(Task task) {
  running_ = true;
  in_front_ = 0;
  task();
  running_ = false;
}

void ObjectLine::clear() {
  first_.clear();
  waiting_.clear();
  turns_.clear();
}

}  // namespace syncline::workspace
