// DiskChunks: the chunks of files on a simulated disk. As backend/store/chunk_writer.h does it in production, with events of
// virtual time in place of its thread.
//
// Ownership: world, disk and tables outlive it. Holds of chunks may outlive it. Thread-safety: none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "sim/disk.h"
#include "sim/disk_blobs.h"
#include "sim/disk_tables.h"
#include "sim/world.h"
#include "store/chunk_queue.h"
#include "store/requests.h"

namespace syncline::sim {

class DiskChunks {
 public:
  using Commit = std::function<void(store::FileRequest)>;

  // `tables` show what is committed; `commit` passes a request to the committer. `wake_us`: until the writer begins.
  DiskChunks(World& world, Disk& disk, const DiskTables& tables, std::uint64_t wake_us,
             Commit commit);

  // kUnavailable if too much waits.
  void put(store::ChunkRequest request);
  // Goes on with what a batch has left. It must be committed.
  void release(store::ReleasedFiles released);
  void go_on_with_removals();

 private:
  void wake();
  void work();
  void store(store::ChunkRequest request);
  void over();
  std::shared_ptr<const void> held(const store::BlobName& name);

  World& world_;
  Dice dice_;
  const DiskTables& tables_;
  DiskBlobs chunks_;
  const std::uint64_t wake_us_;
  const Commit commit_;
  const std::shared_ptr<store::ChunkQueue> queue_ = std::make_shared<store::ChunkQueue>();
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();  // destroyed first
};

}  // namespace syncline::sim
