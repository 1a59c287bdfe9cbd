// Has checkpoints made of what is appended, so that nobody who reads needs to have one signed.
//
// A workspace is signed when its oldest event without a checkpoint has waited for an interval, or when
// there are many of them. What an earlier process left unsigned is found once, after the start. Several
// are signed at a time, up to kAtOnce; the others wait their turn.
//
// What fails for now (the store is full) is tried again after an interval. A log that contradicts what was
// signed of it is not signed; it counts as a failure each time that something is appended to it.
//
// Thread-safety: one loop, that of the notary; all that it is given outlives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/scheduler.h"
#include "log/catalog.h"
#include "log/notary.h"

namespace syncline::log {

struct CheckpointPace {
  std::uint64_t interval_ms = 60'000;
  std::uint64_t events = 10'000;
};

struct CheckpointCounters {
  std::uint64_t made = 0;
  std::uint64_t failures = 0;
};

class CheckpointKeeper {
 public:
  static constexpr std::size_t kAtOnce = 16;

  // Whether a workspace lives on this loop; empty: all do.
  using Owns = std::function<bool(std::string_view workspace)>;

  CheckpointKeeper(Catalog& catalog, Notary& notary, Scheduler& loop, CheckpointPace pace,
                   Owns owns = {});
  ~CheckpointKeeper();
  CheckpointKeeper(const CheckpointKeeper&) = delete;
  CheckpointKeeper& operator=(const CheckpointKeeper&) = delete;

  // `events` more events of the workspace are durable.
  void appended(const std::string& workspace, std::uint64_t events);

  // All of the workspace's events are to be signed without waiting.
  void sign_soon(const std::string& workspace) { sign(workspace); }

  // Looks through all workspaces that live here, once.
  void look_through();

  // Signs all that waits, now: the process is about to end.
  void hurry();

  // True while something is unsigned that will be signed.
  bool busy() const { return !unsigned_.empty() || !due_.empty() || under_way_ > 0; }

  const CheckpointCounters& counters() const { return counters_; }

 private:
  struct Unsigned {
    std::uint64_t since_ms = 0;
    std::uint64_t events = 0;
  };

  void list_after(std::string name);
  void look_at(std::shared_ptr<std::vector<std::string>> names, std::size_t index);
  void wake_up();
  void on_timer();
  void sign(std::string workspace);
  void sign_due();
  void made(const std::string& workspace, const Result<SignedCheckpoint>& checkpoint);

  Catalog& catalog_;
  Notary& notary_;
  Scheduler& loop_;
  const CheckpointPace pace_;
  const Owns owns_;
  std::map<std::string, Unsigned> unsigned_;
  std::deque<std::string> due_;
  std::size_t under_way_ = 0;
  CheckpointCounters counters_;
  Scheduler::TimerId timer_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::log
