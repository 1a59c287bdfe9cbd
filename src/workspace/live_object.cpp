#include "workspace/live_object.h"

#include <utility>

#include "base/mutation.h"
#include "merge/facets.h"

#include <algorithm>

namespace syncline::workspace {

std::size_t SubscriberList::place_of(Stay stay) const {
  const auto before = [this, stay](const Entry& entry) {
    ++steps_;
    return entry.stay < stay;
  };
  return static_cast<std::size_t>(std::ranges::partition_point(subscribers_, before) -
                                  subscribers_.begin());
}

bool SubscriberList::remove(Subscriber& subscriber) {
  const std::size_t place = place_of(subscriber.stay_);
  if (place == subscribers_.size() || subscribers_[place].subscriber != &subscriber) return false;
  subscribers_[place].subscriber = nullptr;
  ++gone_;
  pack();
  return true;
}

// Half of the entries were removed before each is moved once.
void SubscriberList::pack() {
  if (telling_ > 0 || 2 * gone_ <= subscribers_.size()) return;
  steps_ += subscribers_.size();
  std::erase_if(subscribers_, [](const Entry& entry) { return entry.subscriber == nullptr; });
  gone_ = 0;
}

SubscriberList::Stay SubscriberList::stay(const Subscriber* subscriber) const {
  if (subscriber == nullptr) return 0;
  const std::size_t place = place_of(subscriber->stay_);
  return place < subscribers_.size() && subscribers_[place].subscriber == subscriber
             ? subscribers_[place].stay
             : 0;
}

Subscriber* SubscriberList::find(Stay stay) const {
  const std::size_t place = place_of(stay);
  return place < subscribers_.size() && subscribers_[place].stay == stay
             ? subscribers_[place].subscriber
             : nullptr;
}

std::pair<Subscriber*, SubscriberList::Stay> SubscriberList::next(Stay after) const {
  for (std::size_t place = place_of(after + 1); place < subscribers_.size(); ++place)
    if (const Entry& entry = subscribers_[place]; entry.subscriber != nullptr)
      return {entry.subscriber, entry.stay};
  return {nullptr, after};
}

// ---- lending

Bytes LiveObject::version() const {
  if (away()) return away_->version;
  const auto* replicas = object().replication();
  return replicas == nullptr ? Bytes() : replicas->version();
}

void LiveObject::go_away() {
  away_ = std::make_unique<const Away>(version(), memory_bytes());
}

void LiveObject::come_home(Task next) {
  away_ = nullptr;
  if (is_mutated(Mutation::lose_line)) line_.clear();
  line_.run(std::move(next));
}

bool LiveObject::advance(std::size_t most) {
  for (; most > 0 && !away() && !line_.empty(); --most) line_.run_next();
  return !away() && !line_.empty();
}

}  // namespace syncline::workspace
