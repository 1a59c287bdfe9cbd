// ErasureKeeper: erases what was deleted when the time for undoing that is over (log/deletion_rules.h): objects, and whole
// workspaces (workspace_erasure.h).
//
// An erasure is made of steps, each of which can be repeated: an event says that it begins, from which on it cannot be undone;
// the store removes payloads, slice by slice; the store rewrites its files; an event says that it is complete. So after a
// crash it is begun again, and ends the same. Under a legal hold it waits.
//
// It looks at workspaces that are open on its loop, and at those of which it knows that something is left to erase,
// every `interval_ms`; and at all of the loop every `all_ms` and when it begins.
//
// Thread-safety: one loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/scheduler.h"
#include "log/deletion_rules.h"
#include "log/retention.h"
#include "state/deletions_view.h"
#include "workspace/host.h"
#include "workspace/workspace_erasure.h"

namespace syncline::workspace {

struct ErasurePace {
  std::uint64_t interval_ms = 60'000;
  std::uint64_t all_ms = 3'600'000;
  std::uint64_t pause_ms = 20;  // between slices
};

class ErasureKeeper {
 public:
  // Returns whether a workspace lives on this loop. Empty: all do.
  using Owns = std::function<bool(std::string_view workspace)>;
  // What `sources` refers to, `host` and `loop` must outlive it.
  ErasureKeeper(const state::ReplaySources& sources, Host& host, Scheduler& loop, ErasurePace pace,
                Owns owns = {}, OnErased on_erased = {}, EraseBeside erase_beside = {});
  ~ErasureKeeper();
  ErasureKeeper(const ErasureKeeper&) = delete;
  ErasureKeeper& operator=(const ErasureKeeper&) = delete;

  // Something there may be due now.
  void look_at(const std::string& workspace);

  const ErasureCounters& counters() const { return counters_; }

 private:
  // An object that is being erased.
  struct Work {
    std::string workspace;
    log::ObjectErasure erasure;
    bool again = false;  // the last look before it is complete
  };

  void later(std::uint64_t ms);
  void step();
  void list();
  void look(std::string workspace);
  void take(const std::string& workspace, const log::HeldDeletions& deletions);
  void begin(const std::string& workspace, const std::string& object,
             const log::EndedGeneration& ended, log::Position since);
  void erase();
  void erased(Result<log::ErasedPayloads> slice);
  void purge();
  void note();
  void end(const Result<void>& done);
  void erase_workspace(const std::string& workspace, std::uint64_t generation);
  template <typename T, typename Next>
  log::Done<T> then(Next next);

  const state::ReplaySources sources_;
  Host& host_;
  Scheduler& loop_;
  const ErasurePace pace_;
  const Owns owns_;
  const OnErased on_erased_;
  const EraseBeside erase_beside_;
  std::set<std::string> waiting_;  // workspaces to look at
  std::set<std::string> left_;     // workspaces with something that is deleted and not erased
  std::string after_;              // the last name that was listed
  bool listing_ = true;            // not all were listed
  std::uint64_t all_at_ms_ = 0;    // when all are listed again
  bool busy_ = false;              // an answer is on its way
  Work work_;
  std::unique_ptr<WorkspaceErasure> whole_;  // nullptr: no workspace is being erased
  ErasureCounters counters_;
  Scheduler::TimerId timer_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::workspace
