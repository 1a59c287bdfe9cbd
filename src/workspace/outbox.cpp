#include "workspace/outbox.h"

#include <utility>

#include "base/mutation.h"

namespace syncline::workspace {

void Outbox::push(log::Position position, Item item) {
  if (is_free(position)) {
    item(nullptr);
    return;
  }
  add({position, std::move(item)});
}

void Outbox::push_to_run(log::Position position, Item item) {
  add({position, std::move(item), true});
}

void Outbox::add(Entry entry) {
  // An item after one that needs a later position waits as long, because the order is part of the
  // promise.
  last_ = items_.empty() ? entry.position : std::max(last_, entry.position);
  items_.push_back(std::move(entry));
}

void Outbox::end_run() {
  if (std::exchange(in_run_, false) && after_run_) after_run_();
}

void Outbox::release(log::Position position) {
  durable_ = std::max(durable_, position);
  // An item may push others; they are added at the end.
  while (!held_ && !items_.empty() && items_.front().position <= durable_) {
    if (is_mutated(Mutation::overtake_in_outbox) && items_.size() > 1 &&
        items_[1].position <= durable_)
      std::swap(items_[0], items_[1]);
    if (in_run_ && !items_.front().of_run) {
      end_run();  // which may lose the rest
      continue;
    }
    Entry entry = std::move(items_.front());
    items_.pop_front();
    in_run_ = entry.of_run;
    entry.item(nullptr);
  }
  end_run();
}

void Outbox::resume() {
  held_ = false;
  release(durable_);
}

void Outbox::lose(const Error& error) {
  held_ = false;
  std::deque<Entry> lost = std::exchange(items_, {});
  for (Entry& entry : lost) entry.item(&error);
  in_run_ |= is_mutated(Mutation::ack_refused);
  end_run();
}

}  // namespace syncline::workspace
