// Carries out the retention rules of the workspaces that live on its loop, now and then, a bounded piece of work
// a turn with pauses in between, so that clients never wait for it.
//
// What fails is tried again in the next round; a legal hold is no failure. Only workspaces with a
// rule are looked at (log::RetentionStore::list_retained). Where loops share a store, each has a
// keeper of its own.
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
  std::uint64_t failures = 0;   // turns
  std::uint64_t held = 0;       // turns that a legal hold refused
};

class RetentionKeeper {
 public:
  // Whether a workspace lives on this loop; empty: all do.
  using Owns = std::function<bool(std::string_view workspace)>;

  // What `sources` names, and `loop`, outlive it.
  RetentionKeeper(const ReplaySources& sources, Scheduler& loop, RetentionPace pace,
                  Owns owns = {});
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
  std::string after_;               // of this round
  std::vector<std::string> names_;  // still to be seen to, the last first
  RetentionCounters counters_;
  Scheduler::TimerId timer_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::state
