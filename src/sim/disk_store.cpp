#include "sim/disk_store.h"

#include <fmt/format.h>

#include <utility>

#include "base/mutation.h"
#include "sim/invariants.h"

namespace syncline::sim {

DiskStore::DiskStore(World& world, Disk& disk, StoreSpeed speed)
    : world_(world),
      dice_(world.dice.fork("store", world.now_us())),
      writer_dice_(world.dice.fork("snapshots", world.now_us())),
      disk_(disk),
      speed_(speed),
      tables_(disk),
      blobs_(disk),
      group_(tables_),
      queue_(speed.queue_bytes),
      snapshots_(speed.snapshots),
      chunks_(world, disk, tables_, speed.wake_us,
              [this](store::FileRequest request) { submit(std::move(request)); }) {}

Result<std::unique_ptr<DiskStore>> DiskStore::open(World& world, Disk& disk, StoreSpeed speed) {
  std::unique_ptr<DiskStore> store(new DiskStore(world, disk, speed));
  auto torn = store->tables_.open();
  if (!torn) return std::unexpected(std::move(torn.error()));
  store->torn_bytes_ = *torn;
  if (auto ok = store::remove_orphans(store->tables_, store->blobs_); !ok)
    return std::unexpected(std::move(ok.error()));
  return store;
}

void DiskStore::submit(store::Request request) {
  queue_.push(std::move(request));
  wake();
}

void DiskStore::put_snapshot(store::SnapshotRequest request) {
  if (!snapshots_.takes(request)) return submit(std::move(request));
  if (!snapshots_.push(request))
    return request.done(fail(ErrorCode::kUnavailable, "too many snapshots wait to be stored"));
  wake_writer();
}

void DiskStore::wake_writer() {
  world_.timeline.after(1 + writer_dice_.below(speed_.wake_us),
                        [this, alive = std::weak_ptr(alive_)] {
                          if (!alive.expired()) write_snapshots();
                        });
}

void DiskStore::write_snapshots() {
  auto job = snapshots_.begin();
  if (!job) return;
  if (const auto* name = std::get_if<store::BlobName>(&*job)) {
    if (store::remove_unnamed(tables_, blobs_, *name)) world_.hit(Probe::snapshot_file_removed);
    return snapshot_over({});
  }
  store::store_apart(
      blobs_, std::get<store::SnapshotRequest>(std::move(*job)), speed_.snapshots.inline_bytes,
      [this](store::SnapshotRequest entry) {
        if (entry.apart) world_.hit(Probe::snapshot_apart);
        if (entry.apart && !blobs_.is_durable(entry.apart->name))
          world_.violated(std::string(kSnapshots),
                          "the entry of a snapshot is committed before its file is durable");
        submit(std::move(entry));
      },
      [this](const std::vector<store::BlobName>& names) { snapshot_over(names); });
}

void DiskStore::snapshot_over(const std::vector<store::BlobName>& names) {
  snapshots_.release(names);
  snapshots_.end();
  wake_writer();
}

void DiskStore::wake() {
  if (busy_ || queue_.empty()) return;
  busy_ = true;
  world_.timeline.after(1 + dice_.below(speed_.wake_us), [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) commit();
  });
}

void DiskStore::commit() {
  const Result<void> ready = disk_.full() ? fail(ErrorCode::kUnavailable,
                                                 "no space left: nothing is stored until there is")
                                          : Result<void>();
  FrameWrites writes;
  auto batch = group_.stage(queue_.take(), ready, writes);
  if (writes.empty()) return written(std::move(batch), std::nullopt, {});
  const std::size_t begin = disk_.contents().size();
  disk_.append(writes.frame(),
               [this, begin, batch = std::move(batch)](Result<void> result) mutable {
                 if (!result) return written(std::move(batch), std::nullopt, result);
                 if (is_mutated(Mutation::skip_sync)) return written(std::move(batch), begin, {});
                 disk_.sync([this, begin, batch = std::move(batch)](Result<void> result) mutable {
                   written(std::move(batch), begin, result);
                 });
               });
}

void DiskStore::written(store::GroupCommit::Batch batch, std::optional<std::size_t> frame,
                        const Result<void>& result) {
  store::ReleasedFiles released;
  if (result && frame) {
    tables_.apply(*frame, disk_.contents().size());
    world_.trace.note(Kind::kDisk, "disk", disk_.contents().size(), batch.events,
                      [&] { return fmt::format("{} events synced", batch.events); });
    snapshots_.release(batch.released);
    if (!batch.released.empty()) wake_writer();
    released = std::move(batch.files);
  }
  group_.finish(std::move(batch), result);
  chunks_.release(std::move(released));
  busy_ = false;
  wake();
}

void DiskStore::read(Read read) {
  world_.timeline.after(1 + dice_.below(speed_.wake_us + speed_.read_us),
                        [this, alive = std::weak_ptr(alive_), read = std::move(read)]() mutable {
                          if (!alive.expired()) read(tables_);
                        });
}

}  // namespace syncline::sim
