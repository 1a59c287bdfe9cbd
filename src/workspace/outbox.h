// The gate between memory and the world: nothing leaves a workspace before the log has made durable
// what it depends on.
//
// Memory runs ahead of the log: a change is applied at once, so that the next one is judged against
// it, while its append is still under way. What would show that change to anybody (its ack, its
// broadcast, a reply that contains it) is queued here under the position it needs, and let out in
// order when the log confirms that position. So a crash never takes back what somebody has seen,
// and replies never overtake the broadcasts before them.
#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "log/event_log.h"
#include "syncline/error.h"

namespace syncline::workspace {

class Outbox {
 public:
  // Called with nullptr when let out, or with the reason why that will never happen.
  using Item = std::move_only_function<void(const Error* lost)>;

  // Lets `item` out once everything up to `position` is durable; at once, if it is.
  void push(log::Position position, Item item);

  // Everything up to `position` is durable.
  void release(log::Position position);

  // The log refused: memory ahead of `durable` never happened.
  void lose(const Error& error);

  // Forgets the durable position: another log, or the same one read anew.
  void restart(log::Position durable) { durable_ = durable; }

  log::Position durable() const { return durable_; }
  // The highest position that something waits for; durable() if nothing waits.
  log::Position last() const { return items_.empty() ? durable_ : last_; }
  std::size_t size() const { return items_.size(); }

 private:
  struct Entry {
    log::Position position;
    Item item;
  };

  std::deque<Entry> items_;
  log::Position durable_ = 0;
  log::Position last_ = 0;
};

}  // namespace syncline::workspace
