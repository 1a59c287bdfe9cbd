#include "workspace/outbox.h"

#include "base/mutation.h"

namespace syncline::workspace {

void Outbox::push(log::Position position, Item item) {
  if (items_.empty() && position <= durable_) {
    item(nullptr);
    return;
  }
  // An item after one that needs a later position waits as long, because the order is part of the
  // promise.
  last_ = items_.empty() ? position : std::max(last_, position);
  items_.push_back({position, std::move(item)});
}

void Outbox::release(log::Position position) {
  durable_ = std::max(durable_, position);
  // An item may push others; they are added at the end.
  while (!items_.empty() && items_.front().position <= durable_) {
    if (is_mutated(Mutation::overtake_in_outbox) && items_.size() > 1 &&
        items_[1].position <= durable_)
      std::swap(items_[0], items_[1]);
    Item item = std::move(items_.front().item);
    items_.pop_front();
    item(nullptr);
  }
}

void Outbox::lose(const Error& error) {
  std::deque<Entry> lost = std::exchange(items_, {});
  for (Entry& entry : lost) entry.item(&error);
}

}  // namespace syncline::workspace
