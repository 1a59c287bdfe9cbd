// CheckpointKeeper: has checkpoints signed for appended events, so that no reader has to request a
// signature.
//
// It has a workspace signed when the oldest event without a checkpoint has waited for an interval,
// or when there are many such events. After the start, it once looks for events that an earlier
// process left unsigned. It signs up to kAtOnce workspaces at a time; the others wait.
//
// A temporary failure (the store is full) is tried again after an interval. A log that contradicts
// its last checkpoint is not signed; each append to it counts as one more failure.
//
// Thread-safety: one loop, that of the notary. Everything that it is given must outlive it.
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

  // Returns whether a workspace lives on this loop. Empty: all do.
  using Owns = std::function<bool(std::string_view workspace)>;

  CheckpointKeeper(Catalog& catalog, Notary& notary, Scheduler& loop, CheckpointPace pace,
                   Owns owns = {});
  ~CheckpointKeeper();
  CheckpointKeeper(const CheckpointKeeper&) = delete;
  CheckpointKeeper& operator=(const CheckpointKeeper&) = delete;

  // Reports that `events` more events of the workspace are durable.
  void appended(const std::string& workspace, std::uint64_t events);

  // Has all events of the workspace signed without waiting.
  void sign_soon(const std::string& workspace) { sign(workspace); }

  // Checks all workspaces of this loop once for unsigned events.
  void look_through();

  // Signs everything that waits now, because the process is about to end.
  void hurry();

  // True while there are unsigned events that will be signed.
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
