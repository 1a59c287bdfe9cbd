#include "workspace/object_line.h"

#include <utility>

namespace syncline::workspace {

void ObjectLine::add(Who who, Task task) {
  if (line_ == nullptr) line_ = std::make_unique<Line>();
  if (running_) {
    auto& first = line_->first;
    first.insert(first.begin() + static_cast<std::ptrdiff_t>(in_front_++), std::move(task));
    return;
  }
  auto& tasks = line_->waiting[who];
  if (tasks.empty()) line_->turns.push_back(who);
  tasks.push_back(std::move(task));
}

ObjectLine::Task ObjectLine::take() {
  Task task;
  auto& [first, waiting, turns] = *line_;
  if (!first.empty()) {
    task = std::move(first.front());
    first.pop_front();
  } else {
    const Who who = turns.front();
    turns.pop_front();
    const auto found = waiting.find(who);
    task = std::move(found->second.front());
    found->second.pop_front();
    if (found->second.empty())
      waiting.erase(found);
    else
      turns.push_back(who);
  }
  if (first.empty() && turns.empty()) line_.reset();
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

}  // namespace syncline::workspace
