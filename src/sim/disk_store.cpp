#include "sim/disk_store.h"

#include <fmt/format.h>

#include <utility>

#include "base/mutation.h"

namespace syncline::sim {

DiskStore::DiskStore(World& world, Disk& disk, StoreSpeed speed)
    : world_(world),
      dice_(world.dice.fork("store", world.now_us())),
      disk_(disk),
      speed_(speed),
      tables_(disk),
      group_(tables_),
      queue_(speed.queue_bytes) {}

Result<std::unique_ptr<DiskStore>> DiskStore::open(World& world, Disk& disk, StoreSpeed speed) {
  std::unique_ptr<DiskStore> store(new DiskStore(world, disk, speed));
  auto torn = store->tables_.open();
  if (!torn) return std::unexpected(std::move(torn.error()));
  store->torn_bytes_ = *torn;
  return store;
}

void DiskStore::submit(store::Request request) {
  queue_.push(std::move(request));
  wake();
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
  if (result && frame) {
    tables_.apply(*frame, disk_.contents().size());
    world_.trace.note(Kind::kDisk, "disk", disk_.contents().size(), batch.events,
                      [&] { return fmt::format("{} events synced", batch.events); });
  }
  group_.finish(std::move(batch), result);
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
