// Which store a node runs on: the one place where that is decided.
//
// A LogBackend is what stands for a store as a whole: the embedded one (backend/store), a simulated
// disk (sim), the memory of a test (store/memory_store.h), later a cluster. It opens a LoopStore for
// each loop; what is handed on from there is the one interface that somebody needs.
//
// Threads and ownership: log/event_log.h. open_loop() may be called from any thread, before the loop runs
// or on it.
#pragma once

#include <memory>

#include "base/scheduler.h"
#include "log/actor_store.h"
#include "log/attestations.h"
#include "log/catalog.h"
#include "log/event_log.h"
#include "log/pin_store.h"
#include "log/retention_store.h"
#include "log/rules_store.h"
#include "log/snapshot_store.h"
#include "log/waiting_store.h"

namespace syncline::log {

// All that a store offers to one loop. The references are valid as long as this is.
class LoopStore {
 public:
  virtual ~LoopStore() = default;

  virtual EventLog& events() = 0;
  virtual Catalog& catalog() = 0;
  virtual SnapshotStore& snapshots() = 0;
  virtual Attestations& attestations() = 0;
  virtual PinStore& pins() = 0;
  virtual RetentionStore& retention() = 0;
  virtual WaitingStore& waiting() = 0;
  virtual ActorStore& actors() = 0;
  virtual RulesStore& rules() = 0;
};

class LogBackend {
 public:
  virtual ~LogBackend() = default;

  // Answers on `loop`. The backend and the loop outlive the result.
  virtual std::unique_ptr<LoopStore> open_loop(Scheduler& loop) = 0;
};

}  // namespace syncline::log
