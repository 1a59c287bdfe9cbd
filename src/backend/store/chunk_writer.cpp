#include "backend/store/chunk_writer.h"

#include <chrono>
#include <string>
#include <utility>
#include <variant>

#include "backend/process/thread_priority.h"
#include "store/blob_file.h"
#include "store/files.h"

namespace syncline::backend::store {
namespace {

using namespace std::chrono_literals;
using syncline::store::BlobName;
using syncline::store::ChunkQueue;
using syncline::store::ChunkRequest;
using syncline::store::FileRequest;

constexpr auto kLookForExpired = 60s;
constexpr std::size_t kExpiredAtOnce = 1000;

std::uint64_t file_clock_ms() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

// Nobody waits for the answer. What fails is found again at the next start.
FileRequest unasked(std::string tenant, syncline::store::FileChange change) {
  return {std::move(tenant), std::move(change), [](Result<void>) {}};
}

}  // namespace

ChunkWriter::ChunkWriter(const Database& database, FileBlobs& chunks, const DiskReserve& reserve,
                         Commit commit)
    : database_(database), chunks_(chunks), reserve_(reserve), commit_(std::move(commit)) {}

void ChunkWriter::start() {
  thread_ = std::thread([this] { run(); });
}

ChunkWriter::~ChunkWriter() {
  stop();
}

void ChunkWriter::stop() {
  {
    const std::lock_guard lock(shared_->mutex);
    stopping_ = true;
  }
  shared_->wake.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ChunkWriter::put(ChunkRequest request) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (!stopping_ && shared_->queue.push(request)) return shared_->wake.notify_all();
  }
  request.done(fail(ErrorCode::kUnavailable, "the disk does not keep up with the uploads"));
}

void ChunkWriter::release(syncline::store::ReleasedFiles released) {
  if (released.empty()) return;
  {
    const std::lock_guard lock(shared_->mutex);
    if (stopping_) return;
    shared_->queue.release(released.chunks);
    shared_->wake.notify_all();
  }
  for (auto& [tenant, file] : released.files)
    commit_(unasked(std::move(tenant), syncline::store::CollectFile{file}));
  for (auto& [tenant, list] : released.lists)
    commit_(unasked(std::move(tenant), syncline::store::ShrinkList{std::move(list)}));
}

void ChunkWriter::hold(bool on) {
  std::unique_lock lock(shared_->mutex);
  shared_->queue.hold_removals(on);
  shared_->wake.notify_all();
  if (on) shared_->wake.wait(lock, [&] { return !removing_; });
}

void ChunkWriter::go_on_with_removals() {
  using syncline::store::FileOfTenant;
  using syncline::store::ListOfTenant;
  release({syncline::store::read_unheld_files(database_).value_or(std::vector<FileOfTenant>()),
           syncline::store::read_dead_lists(database_).value_or(std::vector<ListOfTenant>()),
           syncline::store::unnamed_chunks(database_, chunks_).value_or(std::vector<BlobName>())});
}

void ChunkWriter::end_expired_uploads() {
  const auto expired =
      syncline::store::read_expired_uploads(database_, file_clock_ms(), kExpiredAtOnce);
  if (!expired) return;
  for (const auto& [tenant, upload] : *expired)
    commit_(unasked(tenant, syncline::store::EndUpload{upload}));
}

void ChunkWriter::run() {
  name_thread("files");
  stop_counting();
  lower_thread_priority();
  go_on_with_removals();
  auto look = std::chrono::steady_clock::now();
  std::unique_lock lock(shared_->mutex);
  removing_ = false;
  shared_->wake.notify_all();
  for (;;) {
    std::optional<ChunkQueue::Job> job;
    shared_->wake.wait_until(lock, look, [&] {
      job = shared_->queue.begin();
      return job || (stopping_ && shared_->queue.idle());
    });
    if (!job && stopping_ && shared_->queue.idle()) return;
    if (job) removing_ = std::holds_alternative<BlobName>(*job);
    lock.unlock();
    if (job) carry_out(std::move(*job));
    if (std::chrono::steady_clock::now() >= look) {
      end_expired_uploads();
      look = std::chrono::steady_clock::now() + kLookForExpired;
    }
    lock.lock();
  }
}

void ChunkWriter::carry_out(ChunkQueue::Job job) {
  if (auto* request = std::get_if<ChunkRequest>(&job)) return store(std::move(*request));
  remove(std::get<BlobName>(job));
}

std::shared_ptr<const void> ChunkWriter::held(const BlobName& name) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->queue.hold(name);
  }
  return {nullptr, [name, shared = shared_](const void*) {
            const std::lock_guard lock(shared->mutex);
            shared->queue.let_go(name);
            shared->wake.notify_all();
          }};
}

void ChunkWriter::store(ChunkRequest request) {
  const auto over = [this] {
    const std::lock_guard lock(shared_->mutex);
    shared_->queue.end();
  };
  const auto room = reserve_.room_after(syncline::store::blob_file_bytes(request.bytes.size()));
  if (room != DiskReserve::Room::kAll) {
    over();
    return request.done(fail(ErrorCode::kUnavailable, "no space left for the bytes of a file"));
  }
  log::StoredChunk stored = stored_as(request);
  stored.hold = held(stored.name);
  syncline::store::write_chunk(chunks_, std::move(stored), std::move(request.bytes), over,
                               std::move(request.done));
}

void ChunkWriter::remove(const BlobName& name) {
  bool free = false;
  {
    const std::lock_guard lock(shared_->mutex);
    free = shared_->queue.may_remove(name);
  }
  // Only this thread takes holds, so nobody takes one meanwhile.
  if (free) syncline::store::remove_unnamed_chunk(database_, chunks_, name);
  const std::lock_guard lock(shared_->mutex);
  removing_ = false;
  shared_->queue.end();
  shared_->wake.notify_all();
}

}  // namespace syncline::backend::store
