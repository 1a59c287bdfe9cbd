// DiskStore: the embedded store (src/store) over a simulated disk. Events of virtual time do the
// work of the committer's and the readers' threads.
//
// One batch at a time is written and synced, while the next collects. Each process that opens the
// disk creates it anew. Requests that are pending when it is destroyed are never answered.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "sim/disk.h"
#include "sim/disk_blobs.h"
#include "sim/disk_chunks.h"
#include "sim/disk_tables.h"
#include "store/group_commit.h"
#include "store/snapshot_queue.h"
#include "store/store_log.h"

namespace syncline::sim {

struct StoreSpeed {
  std::uint64_t wake_us = 100;  // until the committer, or a reader, starts
  std::uint64_t read_us = 200;
  std::size_t queue_bytes = std::size_t{256} << 20;
  store::SnapshotLimits snapshots;
};

class DiskStore final : public store::StoreEngine {
 public:
  // Opens the existing data. This takes no virtual time; the process accounts for it. `torn_bytes`
  // bytes of an interrupted write were dropped.
  static Result<std::unique_ptr<DiskStore>> open(World& world, Disk& disk, StoreSpeed speed);

  void submit(store::Request request) override;
  void put_snapshot(store::SnapshotRequest request) override;
  void store_chunk(store::ChunkRequest request) override { chunks_.put(std::move(request)); }
  void read(Read read) override;
  bool read_only() const override { return false; }

  // Goes on with removals of files that the end of the last process has interrupted. To be called once.
  void go_on_with_removals() { chunks_.go_on_with_removals(); }

  const DiskTables& tables() const { return tables_; }
  std::size_t torn_bytes() const { return torn_bytes_; }
  std::size_t queued_bytes() const { return queue_.bytes(); }

 private:
  DiskStore(World& world, Disk& disk, StoreSpeed speed);

  void wake();
  void wake_writer();
  void write_snapshots();
  void snapshot_over(const std::vector<store::BlobName>& names);
  void commit();
  // `frame`: the place on disk where the frame of the batch begins, if it has one.
  void written(store::GroupCommit::Batch batch, std::optional<std::size_t> frame,
               const Result<void>& result);

  World& world_;
  Dice dice_;
  Dice writer_dice_;
  Disk& disk_;
  const StoreSpeed speed_;
  DiskTables tables_;
  DiskBlobs blobs_;
  store::GroupCommit group_;
  store::RequestQueue queue_;
  store::SnapshotQueue snapshots_;
  DiskChunks chunks_;
  std::size_t torn_bytes_ = 0;
  bool busy_ = false;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::sim
