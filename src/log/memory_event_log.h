// The log in memory: for tests and for simulated worlds, where a disk is a promise to be broken.
//
// MemoryStore stands for the disk and keeps what was committed; EventLogs come and go above it, as
// processes do. Two ways to commit:
//   kAtOnce   every append commits when it is made
//   kManual   appends wait until commit(), so that a test chooses what a crash finds undone
// It says of its appends that they are on disk, since that is what it plays.
//
// Thread-safety: none; the store and all its EventLogs belong to one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/scheduler.h"
#include "log/event_log.h"

namespace syncline::log {

class MemoryStore {
 public:
  enum class CommitMode { kAtOnce, kManual };

  explicit MemoryStore(CommitMode mode = CommitMode::kAtOnce);
  ~MemoryStore();
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  // Both this store and `loop` must outlive the result.
  std::unique_ptr<EventLog> open(Scheduler& loop);

  // Commits and answers the first `count` appends and snapshots that wait, in order.
  void commit(std::size_t count = static_cast<std::size_t>(-1));
  std::size_t waiting() const;

  // Power off: what waits is gone and never answered. Destroy the EventLogs as well.
  void crash();

  // Every append answers this error from now on, and stores nothing; nullopt ends it. A kIo error
  // cannot be ended, as the interface demands.
  void fail_appends(std::optional<Error> error);

  // Asked before each read of an object's events or snapshots: what it gives is the answer. Empty
  // ends it.
  using FailRead = std::function<std::optional<Error>(const std::string& object)>;
  void fail_reads(FailRead failure);

  // Keeps `note` as the workspace's checkpoint, whatever it says: for logs that were rolled back. The
  // workspace must exist.
  void plant_checkpoint(const std::string& workspace, std::string note);

  // As if a repair had kept so many of the workspace's events. It must exist.
  void plant_cut(const std::string& workspace, Position kept);

  // Flips a bit in the stored record of an event, or in the snapshots of an object, all or the one at
  // a position. The thing must exist.
  void damage_event(const std::string& workspace, Position position);
  void damage_snapshot(const std::string& workspace, const std::string& object,
                       std::optional<Position> position = std::nullopt);

 private:
  class Log;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace syncline::log
