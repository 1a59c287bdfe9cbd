#include "backend/store/committer.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "base/mutation.h"

namespace syncline::backend::store {

Committer::Committer(Database& database, std::string data_dir, const StoreOptions& options)
    : database_(database),
      data_dir_(std::move(data_dir)),
      reserve_bytes_(options.reserve_bytes),
      group_(database),
      queue_(options.queue_bytes),
      thread_([this] { run(); }) {}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Committer::submit(Request request) {
  const std::lock_guard lock(mutex_);
  queue_.push(std::move(request));
  wake_.notify_one();
}

StoreCounters Committer::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void Committer::run() {
  stop_counting();
  for (;;) {
    std::vector<Request> requests;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      requests = queue_.take();
    }
    commit(std::move(requests));
  }
}

void Committer::commit(std::vector<Request> requests) {
  const auto start = std::chrono::steady_clock::now();
  DatabaseWrites writes(database_);
  GroupCommit::Batch batch = group_.stage(std::move(requests), ready_to_write(), writes);
  const bool wrote = !writes.empty();
  const Result<void> written = wrote ? write(writes) : Result<void>();
  count(batch, wrote, written,
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                              start));
  group_.finish(std::move(batch), written);
}

void Committer::count(const GroupCommit::Batch& batch, bool wrote, const Result<void>& written,
                      std::chrono::microseconds duration) {
  const auto us = static_cast<std::uint64_t>(duration.count());
  const std::size_t bucket = std::min<std::size_t>(
      static_cast<std::size_t>(std::bit_width(us / 64)), StoreCounters::kLatencyBuckets - 1);
  const std::lock_guard lock(mutex_);
  counters_.failures += batch.refused + (written ? 0 : batch.appends);
  if (!written || !wrote) return;
  counters_.appends += batch.appends;
  counters_.events += batch.events;
  counters_.bytes += batch.bytes;
  counters_.commits += 1;
  counters_.commit_us_total += us;
  counters_.commit_latency[bucket] += 1;
}

// Refuses writes before the disk is full. RocksDB can handle a full disk, but it is better never to
// reach that state; compaction needs space, too.
Result<void> Committer::ready_to_write() {
  struct statvfs disk;
  if (::statvfs(data_dir_.c_str(), &disk) == 0 &&
      std::uint64_t{disk.f_bavail} * disk.f_frsize < reserve_bytes_)
    return out_of_space(fmt::format("less than {} MB free", reserve_bytes_ >> 20));
  if (!resume_needed_) return {};
  if (const auto status = database_.db->Resume(); !status.ok())
    return out_of_space(status.ToString());
  resume_needed_ = false;
  return {};
}

Result<void> Committer::out_of_space(std::string_view reason) {
  return fail(ErrorCode::kUnavailable,
              fmt::format("no space left for {} ({}): nothing is stored until there is", data_dir_,
                          reason));
}

Result<void> Committer::write(DatabaseWrites& writes) {
  rocksdb::WriteOptions options;
  options.sync = !is_mutated(Mutation::skip_sync);
  const auto status = database_.db->Write(options, &writes.batch());
  if (status.ok()) return {};
  if (status.IsNoSpace()) {
    resume_needed_ = true;
    return out_of_space(status.ToString());
  }
  return fail(ErrorCode::kIo, status.ToString());
}

}  // namespace syncline::backend::store
