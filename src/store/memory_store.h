// MemoryStore: the embedded store in memory, for tests and fuzzers. It uses the same group commit,
// reads and checks as the store over a database, without a disk and without threads.
//
// It represents the disk and keeps what was committed. LoopStores come and go above it, as
// processes do. There are two ways to commit:
//   kAtOnce   each request commits when it is made
//   kManual   requests wait until commit(), so that a test decides what a crash loses
// It reports the durability "disk" for its appends, because it plays a disk.
//
// Thread-safety: none. The store and all its LoopStores belong to one thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/scheduler.h"
#include "log/event_log.h"
#include "log/rules_held.h"
#include "store/chunk_queue.h"
#include "store/group_commit.h"
#include "store/memory_blobs.h"
#include "store/memory_tables.h"
#include "store/snapshot_queue.h"
#include "store/store_log.h"

namespace syncline::store {

class MemoryStore final : public StoreEngine {
 public:
  enum class CommitMode { kAtOnce, kManual };

  explicit MemoryStore(CommitMode mode = CommitMode::kAtOnce, SnapshotLimits limits = {})
      : mode_(mode), limits_(limits), snapshots_(limits) {}
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  // Commits and answers the first `count` waiting requests, in order.
  void commit(std::size_t count = static_cast<std::size_t>(-1));
  std::size_t waiting() const { return waiting_.size(); }

  // Simulates a power loss: waiting requests are lost and never answered. The test must destroy the
  // LoopStores, too.
  void crash();

  // From now on, every request fails with this error and stores nothing; nullopt ends this. A kIo
  // error cannot be ended, as the interface demands.
  void fail_appends(std::optional<Error> error);

  // Called once for each read of an object's events or snapshots. If it returns an error, the read
  // fails with it. An empty function ends this.
  using FailRead = std::function<std::optional<Error>(const std::string& object)>;
  void fail_reads(FailRead failure) { read_failure_ = std::move(failure); }

  // Stores `note` as the workspace's checkpoint, whatever it says. For simulating logs that were
  // rolled back. The workspace must exist.
  void plant_checkpoint(const std::string& workspace, std::string note);

  // Keeps pins and rules as a version before 0.2 did, without events. The workspace must exist.
  void plant_untold(const std::string& workspace, const log::UntoldRules& untold);

  // As if a repair had kept so many of the workspace's events. It must exist.
  void plant_cut(const std::string& workspace, log::Position kept);

  // Flips a bit in the stored record of an event, or in the snapshots of an object (all, or the one
  // at `position`). The event or snapshot must exist.
  void damage_event(const std::string& workspace, log::Position position);
  void damage_snapshot(const std::string& workspace, const std::string& object,
                       std::optional<log::Position> position = std::nullopt);

  const MemoryTables& tables() const { return tables_; }
  MemoryBlobs& blobs() { return blobs_; }
  MemoryBlobs& chunks() { return chunks_; }

  // Removes the uploads whose time is over then.
  void expire_uploads(std::uint64_t now_ms);

  void submit(Request request) override;
  void put_snapshot(SnapshotRequest request) override;
  void store_chunk(ChunkRequest request) override;
  void read(Read read) override;
  bool read_only() const override { return false; }

 private:
  WorkspaceId id_of(const std::string& workspace) const;
  void commit_one(Request request);
  void store_snapshots();
  void work_on_chunks();
  void follow_up(ReleasedFiles released);

  const CommitMode mode_;
  const SnapshotLimits limits_;
  SnapshotQueue snapshots_;
  MemoryBlobs blobs_;
  MemoryBlobs chunks_;
  // Those who hold a chunk may outlive the store.
  std::shared_ptr<ChunkQueue> chunk_queue_ = std::make_shared<ChunkQueue>();
  MemoryTables tables_{blobs_, chunks_};
  GroupCommit group_{tables_};
  std::deque<Request> waiting_;
  std::optional<Error> failure_;
  FailRead read_failure_;
};

}  // namespace syncline::store
