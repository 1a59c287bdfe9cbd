#include "backend/store/snapshot_writer.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "backend/process/thread_priority.h"
#include "store/blob_file.h"

namespace syncline::backend::store {
namespace {

using syncline::store::SnapshotQueue;
using syncline::store::SnapshotRequest;

// Of this thread, also at the disk.
void lower_priority() {
  constexpr int kWhoProcess = 1;                  // IOPRIO_WHO_PROCESS
  constexpr int kLastOfBestEffort = 2 << 13 | 7;  // IOPRIO_CLASS_BE, level 7
  lower_thread_priority();
  ::syscall(SYS_ioprio_set, kWhoProcess, 0, kLastOfBestEffort);
}

std::uint64_t now_us() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count());
}

std::unexpected<Error> behind() {
  return fail(ErrorCode::kUnavailable, "the disk does not keep up with the snapshots");
}

}  // namespace

SnapshotWriter::SnapshotWriter(const Database& database, FileBlobs& blobs,
                               const DiskReserve& reserve, const StoreOptions& options,
                               Commit commit)
    : database_(database),
      blobs_(blobs),
      reserve_(reserve),
      inline_bytes_(options.inline_snapshot_bytes),
      commit_(std::move(commit)),
      queue_({options.inline_snapshot_bytes, options.snapshot_queue_bytes}),
      thread_([this] { run(); }) {}

SnapshotWriter::~SnapshotWriter() {
  stop();
}

void SnapshotWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SnapshotWriter::put(SnapshotRequest request) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.takes(request)) {
      if (queue_.push(request)) return wake_.notify_all();
      ++counts_.refused;
      return request.done(behind());
    }
  }
  commit_(std::move(request));
}

void SnapshotWriter::release(const std::vector<BlobName>& names) {
  if (names.empty()) return;
  const std::lock_guard lock(mutex_);
  queue_.release(names);
  wake_.notify_all();
}

void SnapshotWriter::hold(bool on) {
  std::unique_lock lock(mutex_);
  queue_.hold_removals(on);
  wake_.notify_all();
  if (on) wake_.wait(lock, [&] { return !removing_; });
}

void SnapshotWriter::count(StoreCounters& counters) const {
  const std::lock_guard lock(mutex_);
  counters.queued_snapshots = queue_.size();
  counters.queued_snapshot_bytes = queue_.bytes();
  counters.snapshot_files_written = counts_.written;
  counters.snapshot_bytes_written = counts_.bytes;
  counters.snapshot_files_removed = counts_.removed;
  counters.snapshots_refused = counts_.refused;
  counters.snapshot_write_us = counts_.write_us;
}

void SnapshotWriter::run() {
  name_thread("snapshots");
  stop_counting();
  lower_priority();
  const auto orphans = syncline::store::remove_orphans(database_, blobs_);
  std::unique_lock lock(mutex_);
  counts_.removed += orphans.value_or(0);
  removing_ = false;
  wake_.notify_all();
  for (;;) {
    std::optional<SnapshotQueue::Job> job;
    wake_.wait(lock, [&] {
      job = queue_.begin();
      return job || (stopping_ && queue_.idle());
    });
    if (!job) return;
    removing_ = std::holds_alternative<BlobName>(*job);
    lock.unlock();
    carry_out(std::move(*job));
    lock.lock();
  }
}

void SnapshotWriter::carry_out(SnapshotQueue::Job job) {
  if (auto* request = std::get_if<SnapshotRequest>(&job)) return store(std::move(*request));
  const bool removed = syncline::store::remove_unnamed(database_, blobs_, std::get<BlobName>(job));
  const std::lock_guard lock(mutex_);
  counts_.removed += removed ? 1 : 0;
  removing_ = false;
  queue_.end();
  wake_.notify_all();
}

void SnapshotWriter::store(SnapshotRequest request) {
  const std::size_t bytes = request.snapshot.bytes.size();
  if (auto room = room_for(request); !room) {
    over({});
    return request.done(std::move(room));
  }
  const std::uint64_t start = now_us();
  syncline::store::store_apart(
      blobs_, std::move(request), inline_bytes_,
      [this, bytes, start](SnapshotRequest entry) {
        if (entry.apart) {
          const std::lock_guard lock(mutex_);
          ++counts_.written;
          counts_.bytes += bytes;
          counts_.write_us.observe(now_us() - start);
        }
        commit_(watched(std::move(entry)));
      },
      [this](const std::vector<BlobName>& names) { over(names); });
}

// What fails with kIo in the committer fails until the process ends. Then no more files are written in
// vain.
SnapshotRequest SnapshotWriter::watched(SnapshotRequest entry) {
  entry.done = [this, done = std::move(entry.done)](Result<void> kept) mutable {
    if (!kept && kept.error().code == ErrorCode::kIo) {
      const std::lock_guard lock(mutex_);
      failed_ = true;
    }
    done(std::move(kept));
  };
  return entry;
}

// A milestone may be what retention waits for, so it may use the space that is kept for cleaning.
Result<void> SnapshotWriter::room_for(const SnapshotRequest& request) const {
  {
    const std::lock_guard lock(mutex_);
    if (failed_)
      return fail(ErrorCode::kIo, "the disk failed, nothing more is stored until a restart");
  }
  const auto room =
      reserve_.room_after(syncline::store::blob_file_bytes(request.snapshot.bytes.size()));
  const bool milestone = request.snapshot.bytes_since_milestone == 0;
  if (room == DiskReserve::Room::kAll || (room == DiskReserve::Room::kCleaning && milestone))
    return {};
  return fail(ErrorCode::kUnavailable, "no space left for a snapshot");
}

void SnapshotWriter::over(const std::vector<BlobName>& names) {
  const std::lock_guard lock(mutex_);
  queue_.release(names);
  queue_.end();
  wake_.notify_all();
}

}  // namespace syncline::backend::store
