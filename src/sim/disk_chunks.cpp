#include "sim/disk_chunks.h"

#include <utility>
#include <variant>
#include <vector>

#include "store/files.h"

namespace syncline::sim {
namespace {

// Nobody waits for the answer. What fails is found again at the next start.
store::FileRequest for_nobody(std::string tenant, store::FileChange change) {
  return {std::move(tenant), std::move(change), [](Result<void>) {}};
}

}  // namespace

DiskChunks::DiskChunks(World& world, Disk& disk, const DiskTables& tables, std::uint64_t wake_us,
                       Commit commit)
    : world_(world),
      dice_(world.dice.fork("chunks", world.now_us())),
      tables_(tables),
      chunks_(disk, "chunk "),
      wake_us_(wake_us),
      commit_(std::move(commit)) {}

void DiskChunks::put(store::ChunkRequest request) {
  if (!queue_->push(request))
    return request.done(
        fail(ErrorCode::kUnavailable, "the disk does not keep up with the uploads"));
  wake();
}

void DiskChunks::release(store::ReleasedFiles released) {
  if (released.empty()) return;
  if (!released.chunks.empty()) {
    queue_->release(released.chunks);
    wake();
  }
  for (auto& [tenant, file] : released.files)
    commit_(for_nobody(std::move(tenant), store::CollectFile{file}));
  for (auto& [tenant, list] : released.lists)
    commit_(for_nobody(std::move(tenant), store::ShrinkList{std::move(list)}));
}

void DiskChunks::go_on_with_removals() {
  release({store::read_unheld_files(tables_).value_or(std::vector<store::FileOfTenant>()),
           store::read_dead_lists(tables_).value_or(std::vector<store::ListOfTenant>()),
           store::unnamed_chunks(tables_, chunks_).value_or(std::vector<store::BlobName>())});
}

void DiskChunks::wake() {
  world_.timeline.after(1 + dice_.below(wake_us_), [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) work();
  });
}

void DiskChunks::work() {
  auto job = queue_->begin();
  if (!job) return;
  if (auto* request = std::get_if<store::ChunkRequest>(&*job)) return store(std::move(*request));
  const auto& name = std::get<store::BlobName>(*job);
  if (queue_->may_remove(name) && store::remove_unnamed_chunk(tables_, chunks_, name))
    world_.hit(Probe::chunk_removed);
  over();
}

void DiskChunks::store(store::ChunkRequest request) {
  log::StoredChunk stored = store::stored_as(request);
  stored.hold = held(stored.name);
  store::write_chunk(
      chunks_, std::move(stored), std::move(request.bytes), [this] { over(); },
      std::move(request.done));
}

void DiskChunks::over() {
  queue_->end();
  wake();
}

std::shared_ptr<const void> DiskChunks::held(const store::BlobName& name) {
  queue_->hold(name);
  return {nullptr, [this, name, queue = queue_, alive = std::weak_ptr(alive_)](const void*) {
            queue->let_go(name);
            if (!alive.expired()) wake();
          }};
}

}  // namespace syncline::sim
