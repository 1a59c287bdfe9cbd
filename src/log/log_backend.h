// LogBackend: the store of a node. Only the choice of the LogBackend decides on which store a node
// runs.
//
// A LogBackend represents a whole store: the embedded one (backend/store), a simulated disk (sim),
// the memory of a test (store/memory_store.h), later a cluster. It opens a LoopStore for each loop.
// Other code gets only the one interface that it needs.
//
// Threads and ownership: log/event_log.h. open_loop() may be called from any thread before the loop
// runs, and on the loop.
#pragma once

#include <memory>

#include "base/scheduler.h"
#include "log/actor_store.h"
#include "log/attestations.h"
#include "log/catalog.h"
#include "log/directory_store.h"
#include "log/event_log.h"
#include "log/file_store.h"
#include "log/pin_store.h"
#include "log/retention_store.h"
#include "log/rules_store.h"
#include "log/snapshot_store.h"
#include "log/waiting_store.h"

namespace syncline::log {

// All interfaces of a store for one loop. The references are valid as long as this object.
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
  virtual DirectoryStore& directory() = 0;
  virtual FileStore& files() = 0;
};

class LogBackend {
 public:
  virtual ~LogBackend() = default;

  // The result answers on `loop`. The backend and the loop must outlive it.
  virtual std::unique_ptr<LoopStore> open_loop(Scheduler& loop) = 0;
};

}  // namespace syncline::log
