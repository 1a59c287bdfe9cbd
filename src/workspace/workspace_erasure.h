// WorkspaceErasure: erases what a deleted workspace held.
//
// Each step can be repeated, so an erasure that was interrupted is begun again, and ends the same:
//
//   1. an event says that it begins: from then on, it cannot be undone
//   2. each object is deleted, which keeps by what its replicas are recognised, and its payloads and snapshots are removed
//   3. what is kept beside the log: webhooks, names of guests (EraseBeside)
//   4. the files are rewritten, once for all objects, and the objects are looked at again: a snapshot that was being
//      written may come to the store late. Then they are rewritten again
//   5. events say that the objects are erased
//   6. events remove pins, policies, shares and the rule of retention
//   7. an event says that it is complete
//
// Thread-safety: one loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/scheduler.h"
#include "identity/caller.h"
#include "log/deletion_rules.h"
#include "log/done.h"
#include "log/retention.h"
#include "state/deletions_view.h"
#include "workspace/host.h"

namespace syncline::workspace {

struct ErasureCounters {
  std::uint64_t objects = 0;     // erased
  std::uint64_t workspaces = 0;  // erased
  std::uint64_t payloads = 0;    // of these
  std::uint64_t bytes = 0;
  std::uint64_t held = 0;      // times that a legal hold prevented it
  std::uint64_t failures = 0;  // other times that one did not come to its end
};

// Gets what each slice has erased, with the bytes of its changes.
using OnErased = std::function<void(const std::string& workspace, std::uint64_t changes_bytes)>;

// Removes what is kept of a workspace beside its log. May be called again.
using EraseBeside = std::function<void(const std::string& workspace, log::Done<void> done)>;

// In whose name erasures are asked for: the server itself.
identity::Caller erasing_server();

class WorkspaceErasure {
 public:
  struct Services {
    const state::ReplaySources& sources;
    Host& host;
    Scheduler& loop;
    std::uint64_t pause_ms = 0;  // between slices
    ErasureCounters& counters;
    const OnErased& on_erased;        // may be empty
    const EraseBeside& erase_beside;  // may be empty
  };

  // All of `services` must outlive it. `done` is called once, unless it is destroyed before; kForbidden: there is a legal
  // hold. It may be destroyed within that call.
  WorkspaceErasure(Services services, std::string workspace, std::uint64_t generation,
                   log::Done<void> done);
  ~WorkspaceErasure();
  WorkspaceErasure(const WorkspaceErasure&) = delete;
  WorkspaceErasure& operator=(const WorkspaceErasure&) = delete;

  void begin();

 private:
  // What a walk over all objects does with each.
  enum class Walk : std::uint8_t { kErase, kLookAgain, kNote };

  void mark();
  void walk(Walk walk, std::string after);
  void next();
  void delete_next();
  void erase_next();
  void erase(log::ObjectErasure erasure);
  void erased(log::ObjectErasure erasure, Result<log::ErasedPayloads> slice);
  void note_next();
  void walked();
  void purge();
  void remove_rules();
  void remove_pins();
  void remove_retention();
  void change(log::RuleAct act, Task next);
  void end(Result<void> how);
  template <typename T, typename Next>
  log::Done<T> then(Next next);
  template <typename Next>
  void after_pause(Next next);

  const Services services_;
  const std::string workspace_;
  const std::uint64_t generation_;
  log::Done<void> done_;
  Walk walk_ = Walk::kErase;
  std::vector<std::string> objects_;  // of this page of the walk, in reverse
  std::string after_;                 // the last object of this page
  bool more_ = false;                 // there may be objects after it
  bool late_ = false;                 // the walk has found what came to the store late
  Scheduler::TimerId timer_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::workspace
