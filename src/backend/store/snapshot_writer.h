// SnapshotWriter: the thread that stores large snapshots as files (store/snapshot_queue.h), and
// removes the files that no entry names any more. It has the lowest priority for the processor and
// for the disk, so that it takes what the others leave.
//
// At the start it first removes the files that a crash left without an entry.
//
// Thread-safety: all functions from any thread. Its owner stops it before the committer ends, and
// destroys it after that.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "backend/store/database.h"
#include "backend/store/disk_reserve.h"
#include "backend/store/file_blobs.h"
#include "store/snapshot_queue.h"

namespace syncline::backend::store {

class SnapshotWriter {
 public:
  using Commit = std::function<void(syncline::store::Request)>;

  // `blobs` is prepared. `commit` passes a request to the committer.
  SnapshotWriter(const Database& database, FileBlobs& blobs, const DiskReserve& reserve,
                 const StoreOptions& options, Commit commit);
  ~SnapshotWriter();

  // Small snapshots go to the committer at once. kUnavailable if too much waits, or if the disk is
  // too full for a snapshot that only makes reading faster.
  void put(syncline::store::SnapshotRequest request);

  // Looks whether these still have an entry. The batch that released them must be committed.
  void release(const std::vector<BlobName>& names);

  // While there is one of these, no file is removed.
  class Hold {
   public:
    explicit Hold(SnapshotWriter& writer) : writer_(writer) { writer_.hold(true); }
    ~Hold() { writer_.hold(false); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    SnapshotWriter& writer_;
  };

  // Stores and answers what waits, then ends the thread. Only once.
  void stop();

  void count(StoreCounters& counters) const;

 private:
  void run();
  void carry_out(syncline::store::SnapshotQueue::Job job);
  void store(syncline::store::SnapshotRequest request);
  syncline::store::SnapshotRequest watched(syncline::store::SnapshotRequest entry);
  Result<void> room_for(const syncline::store::SnapshotRequest& request) const;
  void over(const std::vector<BlobName>& names);
  void hold(bool on);

  const Database& database_;
  FileBlobs& blobs_;
  const DiskReserve& reserve_;
  const std::size_t inline_bytes_;
  const Commit commit_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  syncline::store::SnapshotQueue queue_;
  bool removing_ = true;  // a file is being removed now
  bool stopping_ = false;
  bool failed_ = false;  // the committer stores nothing any more
  struct Counts {
    std::uint64_t written = 0;
    std::uint64_t bytes = 0;
    std::uint64_t refused = 0;
    std::uint64_t removed = 0;
    observe::Histogram write_us = observe::Histogram::microseconds();
  } counts_;

  std::thread thread_;  // last, because it uses the members above
};

}  // namespace syncline::backend::store
