// The interfaces of a store over tables. They check what needs no disk and pass the rest to a
// StoreEngine: threads over a database in production, virtual time over a simulated disk in the
// simulator, a plain call in tests.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/scheduler.h"
#include "log/log_backend.h"
#include "store/chunk_queue.h"
#include "store/requests.h"
#include "store/tables.h"

namespace syncline::store {

// The keys of a family from `first` on, and before `end`.
struct KeyRange {
  Family family;
  std::string first;
  std::string end;
};

// The engine that does the work. Called on the thread of any loop. Must outlive its LoopStores.
class StoreEngine : public log::LogBackend {
 public:
  using Read = std::move_only_function<void(const Tables&)>;

  std::unique_ptr<log::LoopStore> open_loop(Scheduler& loop) final;

  // Commits the request; called on any thread. Requests are committed in the order of the calls (store/group_commit.h).
  virtual void submit(Request request) = 0;

  // Commits the snapshot. Its content goes through the commit path only if it is small
  // (store/snapshot_queue.h). kUnavailable if there is no room for it in the queue.
  virtual void put_snapshot(SnapshotRequest request) = 0;

  // Stores the chunk of a file (store/chunk_queue.h). By default there are no files.
  virtual void store_chunk(ChunkRequest request) {
    request.done(fail(ErrorCode::kUnsupported, "this store has no files"));
  }

  // Runs `read` once, where it may block, and after everything that has been answered by now.
  virtual void read(Read read) = 0;

  // Once nobody reads it any more, makes sure that no file holds a former value of these keys, nor one of keys that were
  // removed. By default there are no files.
  virtual void purge(std::vector<KeyRange>, log::Done<void> done) { done({}); }

  // If true, nothing may be submitted.
  virtual bool read_only() const = 0;
};

}  // namespace syncline::store
