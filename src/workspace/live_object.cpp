#include "workspace/live_object.h"

#include <utility>

#include "merge/facets.h"

#include <algorithm>

namespace syncline::workspace {

bool SubscriberList::remove(Subscriber& subscriber) {
  const auto found = std::ranges::find(subscribers_, &subscriber, &Entry::subscriber);
  if (found == subscribers_.end()) return false;
  if (telling_ > 0) {
    found->subscriber = nullptr;
  } else {
    subscribers_.erase(found);
  }
  return true;
}

std::size_t SubscriberList::size() const {
  return subscribers_.size() - static_cast<std::size_t>(std::ranges::count_if(subscribers_, gone));
}

SubscriberList::Stay SubscriberList::stay(const Subscriber* subscriber) const {
  if (subscriber == nullptr) return 0;
  const auto found = std::ranges::find(subscribers_, subscriber, &Entry::subscriber);
  return found == subscribers_.end() ? 0 : found->stay;
}

Subscriber* SubscriberList::find(Stay stay) const {
  const auto found = std::ranges::find(subscribers_, stay, &Entry::stay);
  return found == subscribers_.end() ? nullptr : found->subscriber;
}

bool SubscriberList::empty() const {
  return size() == 0;
}

// ---- lending

Bytes LiveObject::version() const {
  if (away_) return version_before_;
  const auto* replicas = object().replication();
  return replicas == nullptr ? Bytes() : replicas->version();
}

void LiveObject::go_away() {
  version_before_ = version();
  memory_before_ = memory_bytes();
  away_ = true;
}

void LiveObject::wait(Task task) {
  if (!advancing_) return line_.push_back(std::move(task));
  line_.insert(line_.begin() + static_cast<std::ptrdiff_t>(in_front_++), std::move(task));
}

void LiveObject::run(Task task) {
  advancing_ = true;
  in_front_ = 0;
  task();
  advancing_ = false;
}

void LiveObject::come_home(Task next) {
  away_ = false;
  run(std::move(next));
}

bool LiveObject::advance(std::size_t most) {
  for (; most > 0 && !away_ && !line_.empty(); --most) {
    Task task = std::move(line_.front());
    line_.pop_front();
    run(std::move(task));
  }
  return !away_ && !line_.empty();
}

}  // namespace syncline::workspace
