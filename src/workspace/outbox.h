// Outbox: the gate between memory and the clients. Nothing leaves a workspace before the log has
// made durable what it depends on.
//
// Memory runs ahead of the log: a change is applied at once, so that the next one is judged against
// it, while its append is still in progress. Everything that would show that change to somebody
// (its ack, its broadcast, a reply that contains it) is queued here with the position that it
// needs. When the log confirms that position, it is released, in order. So a crash never takes back
// what somebody has seen, and replies never overtake earlier broadcasts.
#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "log/event_log.h"
#include "syncline/error.h"

namespace syncline::workspace {

class Outbox {
 public:
  // Called with nullptr when it is released, or with the reason why it never will be.
  using Item = std::move_only_function<void(const Error* lost)>;

  // `after_run` ends a run of items (push_to_run): it is called before any other item, and at the end of release().
  explicit Outbox(std::function<void()> after_run = {}) : after_run_(std::move(after_run)) {}

  // Releases `item` once everything up to `position` is durable; immediately, if it already is.
  void push(log::Position position, Item item);
  // The same for an item that does its work together with those like it that are released directly before and
  // after it. It only notes its part, and `after_run` does the work. So nothing overtakes it.
  void push_to_run(log::Position position, Item item);

  // Releases nothing from now on, until resume(). What is lost meanwhile is told all the same. An item must not call
  // resume().
  void hold() { held_ = true; }
  void resume();
  bool held() const { return held_; }

  // True if push() would release an item that needs `position` at once.
  bool is_free(log::Position position) const {
    return !held_ && items_.empty() && position <= durable_;
  }

  // Everything up to `position` is now durable.
  void release(log::Position position);

  // The log has refused an append, so everything after `durable` is void.
  void lose(const Error& error);

  // Sets the durable position, for another log or after reading the same log again.
  void restart(log::Position durable) { durable_ = durable; }

  log::Position durable() const { return durable_; }
  // The highest position for which something waits; durable() if nothing waits.
  log::Position last() const { return items_.empty() ? durable_ : last_; }
  std::size_t size() const { return items_.size(); }

 private:
  struct Entry {
    log::Position position;
    Item item;
    bool of_run = false;
  };

  void add(Entry entry);
  void end_run();

  const std::function<void()> after_run_;
  bool in_run_ = false;
  bool held_ = false;
  std::deque<Entry> items_;
  log::Position durable_ = 0;
  log::Position last_ = 0;
};

}  // namespace syncline::workspace
