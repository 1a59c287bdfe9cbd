// The embedded store in memory, for tests and fuzzers: the same group commit, reads and checks as
// over a database, without a disk and without threads.
//
// MemoryStore stands for the disk and keeps what was committed; LoopStores come and go above it, as
// processes do. Two ways to commit:
//   kAtOnce   each request commits when it is made
//   kManual   requests wait until commit(), so that a test chooses what a crash finds undone
// It says of its appends that they are on disk, since that is what it plays.
//
// Thread-safety: none; the store and all its LoopStores belong to one thread.
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
#include "store/group_commit.h"
#include "store/memory_tables.h"
#include "store/store_log.h"

namespace syncline::store {

class MemoryStore final : public StoreEngine {
 public:
  enum class CommitMode { kAtOnce, kManual };

  explicit MemoryStore(CommitMode mode = CommitMode::kAtOnce) : mode_(mode) {}
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  // Commits and answers the first `count` requests that wait, in order.
  void commit(std::size_t count = static_cast<std::size_t>(-1));
  std::size_t waiting() const { return waiting_.size(); }

  // Power off: what waits is gone and never answered. Destroy the LoopStores as well.
  void crash() { waiting_.clear(); }

  // Every request answers this error from now on, and stores nothing; nullopt ends it. A kIo error
  // cannot be ended, as the interface demands.
  void fail_appends(std::optional<Error> error);

  // Asked once for each read of an object's events or snapshots: what it gives is the answer. Empty
  // ends it.
  using FailRead = std::function<std::optional<Error>(const std::string& object)>;
  void fail_reads(FailRead failure) { read_failure_ = std::move(failure); }

  // Keeps `note` as the workspace's checkpoint, whatever it says: for logs that were rolled back. The
  // workspace must exist.
  void plant_checkpoint(const std::string& workspace, std::string note);

  // Keeps pins and rules as a version before 0.2 did, without events. The workspace must exist.
  void plant_untold(const std::string& workspace, const log::UntoldRules& untold);

  // As if a repair had kept so many of the workspace's events. It must exist.
  void plant_cut(const std::string& workspace, log::Position kept);

  // Flips a bit in the stored record of an event, or in the snapshots of an object, all or the one at
  // a position. The thing must exist.
  void damage_event(const std::string& workspace, log::Position position);
  void damage_snapshot(const std::string& workspace, const std::string& object,
                       std::optional<log::Position> position = std::nullopt);

  const Tables& tables() const { return tables_; }

  void submit(Request request) override;
  void read(Read read) override;
  bool read_only() const override { return false; }

 private:
  WorkspaceId id_of(const std::string& workspace) const;
  void commit_one(Request request);

  const CommitMode mode_;
  MemoryTables tables_;
  GroupCommit group_{tables_};
  std::deque<Request> waiting_;
  std::optional<Error> failure_;
  FailRead read_failure_;
};

}  // namespace syncline::store
