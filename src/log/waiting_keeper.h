// WaitingKeeper: removes changes that have waited too long (log/waiting_store.h), for the
// workspaces of one loop.
//
// Once an hour it visits one workspace and one object after the other, page by page. What fails is
// tried again in the next round.
//
// Thread-safety: one loop. The store and the loop must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/scheduler.h"
#include "log/waiting_store.h"

namespace syncline::log {

struct WaitingPace {
  std::uint64_t interval_ms = 3'600'000;                          // between rounds
  std::uint64_t expire_ms = std::uint64_t{7} * 24 * 3600 * 1000;  // how long a change may wait
};

struct WaitingCounters {
  std::uint64_t expired = 0;   // changes that were removed
  std::uint64_t failures = 0;  // rounds that were aborted
};

class WaitingKeeper {
 public:
  // Returns whether a workspace lives on this loop. Empty: all do.
  using Owns = std::function<bool(std::string_view workspace)>;

  WaitingKeeper(WaitingStore& store, Scheduler& loop, WaitingPace pace, Owns owns = {});
  ~WaitingKeeper();
  WaitingKeeper(const WaitingKeeper&) = delete;
  WaitingKeeper& operator=(const WaitingKeeper&) = delete;

  const WaitingCounters& counters() const { return counters_; }

 private:
  // Calls `next` with the answer, unless this object no longer exists or the answer is an error.
  template <typename T, typename Next>
  Done<T> then(Next next);

  void rest();
  void list_workspaces(std::string after);
  void next_workspace();
  void list_objects(std::string after);
  void next_object();
  void list_changes(std::uint64_t after);
  void look_at(const WaitingPage& page);

  bool is_old(std::uint64_t unix_ms) const { return unix_ms + pace_.expire_ms <= loop_.unix_ms(); }

  WaitingStore& store_;
  Scheduler& loop_;
  const WaitingPace pace_;
  const Owns owns_;
  std::vector<std::string> workspaces_;  // of this page; the next one is last
  std::string last_workspace_;           // of this page
  std::string workspace_;                // the current one
  // Of this page, with an expired change; the next one is last.
  std::vector<std::string> objects_;
  std::string last_object_;  // of this page; "" on the last page
  std::string object_;       // the current one
  WaitingCounters counters_;
  Scheduler::TimerId timer_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::log
