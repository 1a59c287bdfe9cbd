// ChunkWriter: the thread that stores the chunks of files (store/chunk_queue.h), and removes those that nothing names any
// more. It also looks for uploads whose time is over, now and then.
//
// At the start it first goes on with removals that a crash has interrupted.
//
// Thread-safety: all functions from any thread. Its owner stops it before the committer ends, and destroys it after
// that. Holds of chunks may outlive it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "backend/store/database.h"
#include "backend/store/disk_reserve.h"
#include "backend/store/file_blobs.h"
#include "store/chunk_queue.h"
#include "store/requests.h"

namespace syncline::backend::store {

class ChunkWriter {
 public:
  using Commit = std::function<void(syncline::store::Request)>;

  // `chunks` is prepared. `commit` passes a request to the committer. Nothing is stored before start().
  ChunkWriter(const Database& database, FileBlobs& chunks, const DiskReserve& reserve,
              Commit commit);
  ~ChunkWriter();

  // To be called once, when batches that are committed can be told to release().
  void start();

  // kUnavailable if too much waits, or if the disk is too full.
  void put(syncline::store::ChunkRequest request);

  // Goes on with what a batch has left. It must be committed. After stop(), the next start does it.
  void release(syncline::store::ReleasedFiles released);

  // While there is one of these, no chunk is removed.
  class Hold {
   public:
    explicit Hold(ChunkWriter& writer) : writer_(writer) { writer_.hold(true); }
    ~Hold() { writer_.hold(false); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    ChunkWriter& writer_;
  };

  // Stores and answers what waits, then ends the thread. Only once.
  void stop();

 private:
  // Whoever holds a chunk shares it.
  struct Shared {
    std::mutex mutex;
    std::condition_variable wake;
    syncline::store::ChunkQueue queue;
  };

  void run();
  void go_on_with_removals();
  void end_expired_uploads();
  void carry_out(syncline::store::ChunkQueue::Job job);
  std::shared_ptr<const void> held(const BlobName& name);
  void store(syncline::store::ChunkRequest request);
  void remove(const BlobName& name);
  void hold(bool on);

  const Database& database_;
  FileBlobs& chunks_;
  const DiskReserve& reserve_;
  const Commit commit_;

  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  bool removing_ = true;  // a chunk is being removed now
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace syncline::backend::store
