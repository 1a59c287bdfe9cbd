#include "store/memory_store.h"

#include <utility>
#include <vector>

#include "base/assert.h"
#include "store/contents.h"
#include "store/files.h"
#include "store/keys.h"
#include "store/retention.h"

namespace syncline::store {
namespace {

// The tables as one read sees them. A test may make that read fail.
class FailingTables final : public Tables {
 public:
  FailingTables(const Tables& tables, const MemoryStore::FailRead& failure)
      : tables_(tables), failure_(failure) {}

  // The error with which the read of this key's object must fail, if any.
  std::optional<Error> failure(Family family, std::string_view key) const {
    if (family != Family::kObjects && family != Family::kSnapshots) return std::nullopt;
    const auto parsed = parse_object_key(key);
    if (!parsed) return std::nullopt;
    if (!std::exchange(asked_, true)) error_ = failure_(std::string(parsed->object));
    return error_;
  }

  Result<std::optional<std::string>> get(Family family, std::string_view key) const override {
    if (auto error = failure(family, key)) return std::unexpected(std::move(*error));
    return tables_.get(family, key);
  }

  std::unique_ptr<Cursor> cursor(Family family, std::string_view end) const override;
  const Blobs& blobs() const override { return tables_.blobs(); }
  const Blobs& chunks() const override { return tables_.chunks(); }

 private:
  const Tables& tables_;
  const MemoryStore::FailRead& failure_;
  mutable bool asked_ = false;
  mutable std::optional<Error> error_;
};

class FailingCursor final : public Cursor {
 public:
  FailingCursor(const FailingTables& tables, Family family, std::unique_ptr<Cursor> cursor)
      : tables_(tables), family_(family), cursor_(std::move(cursor)) {}

  void seek(std::string_view key) override {
    error_ = tables_.failure(family_, key);
    cursor_->seek(key);
  }
  void seek_for_prev(std::string_view key) override {
    error_ = tables_.failure(family_, key);
    cursor_->seek_for_prev(key);
  }
  void next() override { cursor_->next(); }
  bool valid() const override { return !error_ && cursor_->valid(); }
  std::string_view key() const override { return cursor_->key(); }
  std::string_view value() const override { return cursor_->value(); }
  Result<void> status() const override {
    if (error_) return std::unexpected(*error_);
    return cursor_->status();
  }

 private:
  const FailingTables& tables_;
  const Family family_;
  std::unique_ptr<Cursor> cursor_;
  std::optional<Error> error_;
};

std::unique_ptr<Cursor> FailingTables::cursor(Family family, std::string_view end) const {
  return std::make_unique<FailingCursor>(*this, family, tables_.cursor(family, end));
}

}  // namespace

void MemoryStore::submit(Request request) {
  waiting_.push_back(std::move(request));
  if (mode_ == CommitMode::kAtOnce) commit();
}

void MemoryStore::put_snapshot(SnapshotRequest request) {
  if (!snapshots_.takes(request)) return submit(std::move(request));
  if (!snapshots_.push(request))
    return request.done(fail(ErrorCode::kUnavailable, "too many snapshots wait to be stored"));
  store_snapshots();
}

void MemoryStore::store_snapshots() {
  while (auto job = snapshots_.begin()) {
    if (const auto* name = std::get_if<BlobName>(&*job)) {
      remove_unnamed(tables_, blobs_, *name);
      snapshots_.end();
      continue;
    }
    store_apart(
        blobs_, std::get<SnapshotRequest>(std::move(*job)), limits_.inline_bytes,
        [this](SnapshotRequest request) { submit(std::move(request)); },
        [this](std::vector<BlobName> names) {
          snapshots_.release(names);
          snapshots_.end();
        });
  }
}

void MemoryStore::store_chunk(ChunkRequest request) {
  if (!chunk_queue_->push(request))
    return request.done(fail(ErrorCode::kUnavailable, "too many chunks wait to be stored"));
  work_on_chunks();
}

void MemoryStore::work_on_chunks() {
  while (auto job = chunk_queue_->begin()) {
    if (const auto* name = std::get_if<BlobName>(&*job)) {
      if (chunk_queue_->may_remove(*name)) remove_unnamed_chunk(tables_, chunks_, *name);
      chunk_queue_->end();
      continue;
    }
    auto& request = std::get<ChunkRequest>(*job);
    log::StoredChunk stored = stored_as(request);
    chunk_queue_->hold(stored.name);
    stored.hold = std::shared_ptr<const void>(
        nullptr, [name = stored.name, queue = chunk_queue_](const void*) { queue->let_go(name); });
    write_chunk(
        chunks_, std::move(stored), std::move(request.bytes), [this] { chunk_queue_->end(); },
        std::move(request.done));
  }
}

// What has lost a name is looked at by requests of their own, which the tables then show.
void MemoryStore::follow_up(ReleasedFiles released) {
  const auto ask = [this](std::string tenant, FileChange change) {
    waiting_.push_back(FileRequest{std::move(tenant), std::move(change), [](Result<void>) {}});
  };
  for (FileOfTenant& file : released.files) ask(std::move(file.tenant), CollectFile{file.file});
  for (ListOfTenant& list : released.lists)
    ask(std::move(list.tenant), ShrinkList{std::move(list.list)});
  chunk_queue_->release(released.chunks);
  work_on_chunks();
}

void MemoryStore::expire_uploads(std::uint64_t now_ms) {
  const auto expired = read_expired_uploads(tables_, now_ms, static_cast<std::size_t>(-1));
  if (!expired) return;
  for (const ListOfTenant& upload : *expired)
    submit(FileRequest{upload.tenant, EndUpload{upload.list}, [](Result<void>) {}});
}

// The next process finds what this one has not removed.
void MemoryStore::crash() {
  waiting_.clear();
  snapshots_ = SnapshotQueue(limits_);
  static_cast<void>(remove_orphans(tables_, blobs_));
  chunk_queue_ = std::make_shared<ChunkQueue>();
  follow_up({read_unheld_files(tables_).value_or(std::vector<FileOfTenant>()),
             read_dead_lists(tables_).value_or(std::vector<ListOfTenant>()),
             unnamed_chunks(tables_, chunks_).value_or(std::vector<BlobName>())});
}

void MemoryStore::read(Read read) {
  if (!read_failure_) return read(tables_);
  const FailRead failure = read_failure_;  // a copy: the callback may replace it
  const FailingTables tables(tables_, failure);
  read(tables);
}

void MemoryStore::commit(std::size_t count) {
  for (; count > 0 && !waiting_.empty(); --count) {
    Request request = std::move(waiting_.front());
    waiting_.pop_front();
    commit_one(std::move(request));
  }
}

void MemoryStore::commit_one(Request request) {
  std::vector<Request> batch;
  batch.push_back(std::move(request));
  MemoryWrites writes;
  auto staged =
      group_.stage(std::move(batch),
                   failure_ ? Result<void>(std::unexpected(*failure_)) : Result<void>(), writes);
  tables_.apply(std::move(writes));
  snapshots_.release(staged.released);
  ReleasedFiles files = std::move(staged.files);
  group_.finish(std::move(staged), {});
  store_snapshots();
  follow_up(std::move(files));
}

void MemoryStore::fail_appends(std::optional<Error> error) {
  if (failure_ && failure_->code == ErrorCode::kIo) return;
  failure_ = std::move(error);
}

WorkspaceId MemoryStore::id_of(const std::string& workspace) const {
  const auto id = find_workspace(tables_, workspace);
  SYNCLINE_ASSERT(id && *id);
  return **id;
}

void MemoryStore::plant_untold(const std::string& workspace, const log::UntoldRules& untold) {
  const WorkspaceId id = id_of(workspace);
  MemoryWrites writes;
  for (const log::Pin& pin : untold.pins)
    writes.put(Family::kMeta, pin_key(id, pin.name), encode_pin(pin));
  log::Retention retention = read_retention(tables_, workspace).value_or(log::Retention{});
  retention.rule = untold.retention;
  retention.hold = untold.hold;
  if (retention != log::Retention{})
    writes.put(Family::kMeta, retention_key(workspace), encode_retention(retention));
  std::uint64_t number = 0;
  for (const log::RetentionChange& change : untold.record)
    writes.put(Family::kMeta, retention_record_key(id, ++number), encode_retention_record(change));
  tables_.apply(std::move(writes));
}

void MemoryStore::plant_checkpoint(const std::string& workspace, std::string note) {
  const auto said = log::peek_checkpoint(note);
  MemoryWrites writes;
  writes.put(Family::kMeta, checkpoint_key(id_of(workspace)),
             encode_checkpoint({said ? said->size : 0, std::move(note)}));
  tables_.apply(std::move(writes));
}

void MemoryStore::plant_cut(const std::string& workspace, log::Position kept) {
  MemoryWrites writes;
  writes.put(Family::kMeta, cut_key(id_of(workspace)), encode_cut(kept));
  tables_.apply(std::move(writes));
}

void MemoryStore::damage_event(const std::string& workspace, log::Position position) {
  std::string* record = tables_.find(Family::kEvents, event_key(id_of(workspace), position));
  SYNCLINE_ASSERT(record != nullptr);
  (*record)[record->size() / 2] ^= 1;
}

void MemoryStore::damage_snapshot(const std::string& workspace, const std::string& object,
                                  std::optional<log::Position> position) {
  const std::string prefix = object_key(id_of(workspace), object);
  std::vector<std::string> keys;
  const auto cursor = tables_.cursor(Family::kSnapshots);
  for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next())
    if (!position || parse_object_key(cursor->key())->position == *position)
      keys.emplace_back(cursor->key());
  SYNCLINE_ASSERT(!keys.empty());
  for (const std::string& key : keys) tables_.find(Family::kSnapshots, key)->at(1) ^= 1;  // its CRC
}

}  // namespace syncline::store
