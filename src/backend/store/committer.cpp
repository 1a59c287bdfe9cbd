#include "backend/store/committer.h"

#include <fmt/format.h>
#include <rocksdb/write_batch.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <bit>
#include <type_traits>
#include <utility>

#include "log/append_check.h"

namespace syncline::backend::store {
namespace {

constexpr std::size_t kMaxKnownWorkspaces = 16384;

std::size_t size_of(const Request& request) {
  if (const auto* snapshot = std::get_if<SnapshotRequest>(&request)) return snapshot->bytes.size();
  std::size_t total = 0;
  for (const auto& event : std::get<AppendRequest>(request).events) total += event.record.size();
  return total;
}

// Keeps its place among the others, and nothing of what it weighs.
void overflow(Request& request) {
  std::visit([](auto& each) { each.overflowed = true; }, request);
  if (auto* snapshot = std::get_if<SnapshotRequest>(&request)) {
    snapshot->bytes = {};
  } else {
    std::get<AppendRequest>(request).events = {};
  }
}

std::unexpected<Error> overflowed() {
  return fail(ErrorCode::kUnavailable, "the disk does not keep up with what is appended");
}

void refuse(Request& request, const Error& error) {
  std::visit([&](auto& each) { each.done(std::unexpected(error)); }, request);
}

}  // namespace

// One write in the making, and the answers that follow it, in the order of the requests.
class Committer::Batch {
 public:
  rocksdb::WriteBatch writes;
  std::uint64_t appends = 0;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  std::uint64_t refused = 0;

  // `staged`: what to answer if the write succeeds, or why the request was refused without it.
  template <typename T>
  void add(log::Done<T> done, Result<T> staged) {
    if (!staged)
      ++refused;
    else if constexpr (std::is_same_v<T, log::Appended>)
      ++appends;
    answers_.push_back(
        [done = std::move(done), staged = std::move(staged)](const Result<void>& written) mutable {
          if (staged && !written) staged = std::unexpected(written.error());
          done(std::move(staged));
        });
  }

  void answer(const Result<void>& written) {
    for (auto& answer : answers_) answer(written);
  }

 private:
  std::vector<std::move_only_function<void(const Result<void>&)>> answers_;
};

Committer::Committer(Database& database, std::string data_dir, const StoreOptions& options)
    : database_(database),
      data_dir_(std::move(data_dir)),
      reserve_bytes_(options.reserve_bytes),
      queue_bytes_(options.queue_bytes),
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
  const std::size_t size = size_of(request);
  const std::lock_guard lock(mutex_);
  if (queue_.empty() || queued_bytes_ + size <= queue_bytes_) {
    queued_bytes_ += size;
  } else {
    overflow(request);
  }
  queue_.push_back(std::move(request));
  wake_.notify_one();
}

StoreCounters Committer::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void Committer::run() {
  for (;;) {
    std::vector<Request> requests;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      requests.swap(queue_);
      queued_bytes_ = 0;
    }
    commit(std::move(requests));
  }
}

void Committer::commit(std::vector<Request> requests) {
  if (known_.size() > kMaxKnownWorkspaces) known_.clear();
  const auto start = std::chrono::steady_clock::now();
  Batch batch;
  if (const auto ready = ready_to_write(); !ready) {
    {
      const std::lock_guard lock(mutex_);
      counters_.failures += requests.size();
    }
    for (Request& request : requests) refuse(request, ready.error());
    return;
  }
  for (Request& request : requests)
    std::visit(
        [&](auto& each) {
          auto staged = stage(each, batch);
          batch.add(std::move(each.done), std::move(staged));
        },
        request);
  const Result<void> written = batch.writes.Count() > 0 ? write(batch) : Result<void>();
  count(batch, written.has_value(),
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                              start));
  batch.answer(written);
}

void Committer::count(const Batch& batch, bool written, std::chrono::microseconds duration) {
  const auto us = static_cast<std::uint64_t>(duration.count());
  const std::size_t bucket = std::min<std::size_t>(
      static_cast<std::size_t>(std::bit_width(us / 64)), StoreCounters::kLatencyBuckets - 1);
  const std::lock_guard lock(mutex_);
  counters_.failures += batch.refused + (written ? 0 : batch.appends);
  if (!written || batch.writes.Count() == 0) return;
  counters_.appends += batch.appends;
  counters_.events += batch.events;
  counters_.bytes += batch.bytes;
  counters_.commits += 1;
  counters_.commit_us_total += us;
  counters_.commit_latency[bucket] += 1;
}

// Refuses before RocksDB would: it copes with a full disk, but not as gracefully as by never
// meeting it, and compaction needs room too.
Result<void> Committer::ready_to_write() {
  if (poison_) return std::unexpected(*poison_);
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

Result<void> Committer::write(Batch& batch) {
  rocksdb::WriteOptions options;
  options.sync = true;
  const auto status = database_.db->Write(options, &batch.writes);
  if (status.ok()) return {};
  known_.clear();  // they tell of what was not stored
  next_id_.reset();
  if (status.IsNoSpace()) {
    resume_needed_ = true;
    return out_of_space(status.ToString());
  }
  poison_ = to_error(
      status, "the disk failed or its data is damaged, nothing more is stored until a restart");
  poison_->code = ErrorCode::kIo;
  return std::unexpected(*poison_);
}

Result<Committer::Known*> Committer::find(const std::string& workspace) {
  if (const auto found = known_.find(workspace); found != known_.end()) return &found->second;
  const auto id = find_workspace(database_, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return nullptr;
  const auto head = stored_head(database_, workspace, **id);
  if (!head) return std::unexpected(head.error());
  return &known_.emplace(workspace, Known{**id, *head}).first->second;
}

Result<Committer::Known*> Committer::create(const std::string& workspace, Batch& batch) {
  if (!next_id_) {
    std::string value;
    const auto status = database_.db->Get({}, database_.meta, slice(kNextWorkspaceKey), &value);
    if (!status.ok() && !status.IsNotFound())
      return std::unexpected(to_error(status, "creating workspace " + workspace));
    next_id_ = status.ok() ? parse_id(value) : 1;
    if (!next_id_) return fail(ErrorCode::kCorrupt, "the count of workspaces is damaged");
  }
  const WorkspaceId id = (*next_id_)++;
  batch.writes.Put(database_.meta, workspace_key(workspace), id_key(id));
  batch.writes.Put(database_.meta, slice(kNextWorkspaceKey), id_key(*next_id_));
  return &known_.emplace(workspace, Known{id, {}}).first->second;
}

Result<log::Appended> Committer::stage(AppendRequest& request, Batch& batch) {
  if (request.overflowed) return overflowed();
  auto known = find(request.workspace);
  if (!known) return std::unexpected(std::move(known.error()));
  const log::Head head = *known != nullptr ? (*known)->head : log::Head{};
  if (auto ok = log::check_follows(request.workspace, request.events, head); !ok)
    return std::unexpected(std::move(ok.error()));
  if (*known == nullptr) {
    known = create(request.workspace, batch);
    if (!known) return std::unexpected(std::move(known.error()));
  }
  Known& workspace = **known;
  for (const log::EncodedEvent& event : request.events) {
    batch.writes.Put(database_.events, event_key(workspace.id, event.position),
                     slice(event.record));
    batch.writes.Put(database_.objects, object_key(workspace.id, event.object, event.position), {});
    batch.bytes += event.record.size();
  }
  batch.events += request.events.size();
  workspace.head = log::head_after(request.events);
  return log::Appended{workspace.head.last_position, log::Durability::kDisk};
}

Result<void> Committer::stage(SnapshotRequest& request, Batch& batch) {
  if (request.overflowed) return overflowed();
  const auto known = find(request.workspace);
  if (!known) return std::unexpected(known.error());
  if (*known == nullptr || request.position > (*known)->head.last_position)
    return fail(ErrorCode::kInvalid,
                fmt::format("snapshot of {}/{} at {}, which the log does not have",
                            request.workspace, request.object, request.position));
  const WorkspaceId id = (*known)->id;
  const auto replace = replace_snapshots(id, request, batch);
  if (!replace) return std::unexpected(replace.error());
  if (!*replace) return {};
  const std::string key = object_key(id, request.object, request.position);
  batch.writes.Put(database_.snapshots, key, encode_snapshot(key, request.bytes));
  return {};
}

Result<bool> Committer::replace_snapshots(WorkspaceId id, const SnapshotRequest& request,
                                          Batch& batch) {
  const std::string prefix = object_key(id, request.object);
  const auto iterator = database_.iterate(database_.snapshots);
  for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
    const std::string_view key = text(iterator->key());
    const auto parsed = parse_object_key(key);
    if (!key.starts_with(prefix) || !parsed) break;
    if (parsed->position > request.position && decode_snapshot(key, text(iterator->value())))
      return false;
    batch.writes.Delete(database_.snapshots, iterator->key());
  }
  // A snapshot that cannot be read is as good as none: the new one takes its place.
  return true;
}

}  // namespace syncline::backend::store
