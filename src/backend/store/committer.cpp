#include "backend/store/committer.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "backend/process/thread_priority.h"
#include "base/mutation.h"

namespace syncline::backend::store {
namespace {

constexpr std::chrono::seconds kLook{1};  // at the free space, while nothing is written

std::uint64_t clock_us() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count());
}

}  // namespace

Committer::Committer(Database& database, DiskReserve& reserve, const StoreOptions& options,
                     Release release)
    : database_(database),
      data_dir_(options.data_dir),
      reporter_(options.reports, observe::Area::kStore),
      reserve_(reserve),
      release_(std::move(release)),
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

// The committer is woken only if it would not look by itself, and after the mutex is free, so that it need
// not wait for that next.
void Committer::submit(Request request) {
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    queue_.push(std::move(request));
    wakes = gathering_ ? is_enough() : queue_.size() == 1;
  }
  if (wakes) wake_.notify_one();
}

StoreCounters Committer::counters() const {
  const std::lock_guard lock(mutex_);
  StoreCounters counters = counters_;
  counters.queued_requests = queue_.size();
  counters.queued_bytes = queue_.bytes();
  return counters;
}

void Committer::run() {
  name_thread("committer");
  ask_for_short_slices();
  stop_counting();
  while (auto requests = next()) {
    if (requests->empty())
      reserve_.look();
    else
      commit(std::move(*requests));
  }
}

// Waits for requests. Returns none if there were none for a while, and nullopt if there will be none.
std::optional<std::vector<Request>> Committer::next() {
  std::unique_lock lock(mutex_);
  const bool woken = wake_.wait_for(lock, kLook, [&] { return stopping_ || !queue_.empty(); });
  if (queue_.empty()) return woken ? std::nullopt : std::optional(std::vector<Request>());
  const std::uint64_t wait_us = pace_.wait_us(queue_.size(), queue_.bytes(), clock_us());
  if (wait_us > 0) {
    gathering_ = true;
    wake_.wait_for(lock, std::chrono::microseconds(wait_us),
                   [&] { return stopping_ || is_enough(); });
    gathering_ = false;
  }
  pace_.began(queue_.size(), wait_us > 0, clock_us());
  return queue_.take();
}

void Committer::commit(std::vector<Request> requests) {
  const std::uint64_t start = clock_us();
  DatabaseWrites writes(database_);
  const GroupCommit::Ready ready = ready_to_write();
  GroupCommit::Batch batch = group_.stage(std::move(requests), ready, writes);
  const bool wrote = !writes.empty();
  const std::uint64_t staged = clock_us();
  const Result<void> written = wrote ? write(writes) : Result<void>();
  const std::uint64_t end = clock_us();
  count(batch, wrote, written, {.all_us = end - start, .sync_us = end - staged});
  report(ready.all, written, wrote);
  if (written) release_(batch.released, std::move(batch.files));
  group_.finish(std::move(batch), written);
}

void Committer::count(const GroupCommit::Batch& batch, bool wrote, const Result<void>& written,
                      Durations durations) {
  const std::lock_guard lock(mutex_);
  counters_.failures += batch.refused + (written ? 0 : batch.appends);
  if (!written || !wrote) return;
  counters_.appends += batch.appends;
  counters_.events += batch.events;
  counters_.bytes += batch.bytes;
  counters_.commits += 1;
  counters_.commit_us.observe(durations.all_us);
  counters_.sync_us.observe(durations.sync_us);
  counters_.commit_events.observe(batch.events);
  counters_.commit_bytes.observe(batch.bytes);
}

// Once when it begins, and once when it ends.
void Committer::report(const Result<void>& ready, const Result<void>& written, bool wrote) {
  const bool refuses = !ready || !written;
  if (!refuses && !wrote) return;  // says nothing about the disk
  if (refuses == std::exchange(refusing_, refuses)) return;
  if (!refuses) return reporter_.info("the disk takes writes again");
  const Error& error = ready ? written.error() : ready.error();
  if (error.code == ErrorCode::kUnavailable)
    return reporter_.error("no space left: changes are refused", {{"reason", error.message}});
  reporter_.error("a write or its sync failed", {{"reason", error.message}});
}

// Refuses writes before the disk is full. RocksDB can handle a full disk, but it is better never to
// reach that state; compaction needs space, too.
GroupCommit::Ready Committer::ready_to_write() {
  const DiskReserve::Room room = reserve_.look();
  const auto full = [&] {
    return out_of_space(fmt::format("less than {} MiB free", reserve_.min_free_bytes() >> 20));
  };
  if (room == DiskReserve::Room::kNone) return full();
  if (resume_needed_) {
    if (const auto status = database_.db->Resume(); !status.ok())
      return out_of_space(status.ToString());
    resume_needed_ = false;
  }
  if (room == DiskReserve::Room::kAll) return Result<void>();
  return {full(), Result<void>()};
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
    reserve_.ran_out();
    return out_of_space(status.ToString());
  }
  return fail(ErrorCode::kIo, status.ToString());
}

}  // namespace syncline::backend::store
