// RetentionKeeper: regularly applies the retention rules of the workspaces on its loop. Each turn
// does a bounded piece of work, with pauses in between, so that clients do not wait for it.
//
// What fails is tried again in the next round; a legal hold does not count as a failure. It visits
// only workspaces with a rule (log::RetentionStore::list_retained). If several loops share a store,
// each has its own keeper.
//
// Thread-safety: one loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/scheduler.h"
#include "log/log_backend.h"
#include "state/retention_run.h"

namespace syncline::state {

struct RetentionPace {
  std::uint64_t interval_ms = 60'000;  // between rounds
  std::size_t events_a_turn = 1024;
  std::uint64_t pause_ms = 20;  // between turns
};

struct RetentionCounters {
  std::uint64_t payloads = 0;  // dropped
  std::uint64_t bytes = 0;
  std::uint64_t snapshots = 0;  // dropped
  std::uint64_t failures = 0;   // turns that failed
  std::uint64_t held = 0;       // turns that a legal hold prevented
};

class RetentionKeeper {
 public:
  // Returns whether a workspace lives on this loop. Empty: all do.
  using Owns = std::function<bool(std::string_view workspace)>;
  // Gets what each turn has dropped, with the bytes of its changes.
  using OnDropped = std::function<void(const std::string& workspace, std::uint64_t changes_bytes)>;

  // What `sources` refers to, and `loop`, must outlive it.
  RetentionKeeper(const ReplaySources& sources, Scheduler& loop, RetentionPace pace, Owns owns = {},
                  OnDropped on_dropped = {});
  ~RetentionKeeper();
  RetentionKeeper(const RetentionKeeper&) = delete;
  RetentionKeeper& operator=(const RetentionKeeper&) = delete;

  const RetentionCounters& counters() const { return counters_; }

 private:
  void later(std::uint64_t ms);
  void step();
  void list();
  void ran(Result<RetentionTurn> turn);

  const ReplaySources sources_;
  Scheduler& loop_;
  const RetentionPace pace_;
  const Owns owns_;
  const OnDropped on_dropped_;
  std::string after_;               // the last name that this round has listed
  std::vector<std::string> names_;  // workspaces still to visit, in reverse order
  RetentionCounters counters_;
  Scheduler::TimerId timer_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::state
