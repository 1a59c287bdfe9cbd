#include "backend/store/reads.h"

#include <fmt/format.h>

#include "log/read_check.h"

namespace syncline::backend::store {
namespace {

Error read_error(const rocksdb::Status& status, std::string_view workspace) {
  return to_error(status, fmt::format("reading workspace {}", workspace));
}

// Walks the events of one workspace by position, forward, stepping where it can instead of seeking.
class EventCursor {
 public:
  EventCursor(const Database& database, WorkspaceId id)
      : id_(id), end_(id_key(id + 1)), end_slice_(end_) {
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &end_slice_;
    iterator_ = database.iterate(database.events, options);
  }

  // To the first event at or after `position`. False: there is none, or reading failed.
  bool seek(log::Position position) {
    if (position_ != 0 && position == position_ + 1)
      iterator_->Next();
    else
      iterator_->Seek(event_key(id_, position));
    if (!iterator_->Valid()) return false;
    position_ = parse_event_key(text(iterator_->key())).value_or(0);
    return true;
  }

  log::Position position() const { return position_; }
  ByteView record() const { return bytes(iterator_->value()); }
  rocksdb::Status status() const { return iterator_->status(); }

 private:
  WorkspaceId id_;
  std::string end_;
  rocksdb::Slice end_slice_;  // refers to end_ and is referred to by the iterator
  std::unique_ptr<rocksdb::Iterator> iterator_;
  log::Position position_ = 0;
};

}  // namespace

Result<log::Head> read_head(const Database& database, const std::string& workspace) {
  const auto id = find_workspace(database, workspace);
  if (!id) return std::unexpected(id.error());
  return *id ? stored_head(database, workspace, **id) : log::Head{};
}

Result<std::vector<log::Event>> read_events(const Database& database, const std::string& workspace,
                                            log::Position after, const log::ReadLimits& limits) {
  const auto id = find_workspace(database, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id || after >= limits.to) return std::vector<log::Event>();
  EventCursor cursor(database, **id);
  log::EventReader reader(workspace, limits);
  if (after == 0) {
    reader.expect_after(0, {});
  } else {
    if (!cursor.seek(after) && cursor.status().ok()) return std::vector<log::Event>();
    if (cursor.status().ok()) reader.expect_after(after, cursor.record());
  }
  for (log::Position next = after + 1; cursor.status().ok() && cursor.seek(next); ++next)
    if (!reader.take(cursor.position(), cursor.record())) break;
  if (!cursor.status().ok()) reader.damaged(read_error(cursor.status(), workspace));
  return reader.finish();
}

Result<std::vector<log::Event>> read_object_events(const Database& database,
                                                   const std::string& workspace,
                                                   const std::string& object, log::Position after,
                                                   const log::ReadLimits& limits) {
  const auto id = find_workspace(database, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id || after >= limits.to) return std::vector<log::Event>();
  log::EventReader reader(workspace, limits);
  const std::string prefix = object_key(**id, object);
  // In this order, the events of every index entry are visible.
  const auto index = database.iterate(database.objects);
  EventCursor cursor(database, **id);
  for (index->Seek(object_key(**id, object, after + 1)); index->Valid(); index->Next()) {
    const auto key = parse_object_key(text(index->key()));
    if (!text(index->key()).starts_with(prefix) || !key || key->position > limits.to) break;
    const bool found = cursor.seek(key->position) && cursor.position() == key->position;
    if (!found && cursor.status().ok())
      reader.damaged({ErrorCode::kCorrupt,
                      fmt::format("workspace {}, event {}: missing", workspace, key->position)});
    if (!found || !reader.take(key->position, cursor.record())) break;
  }
  for (const auto& status : {index->status(), cursor.status()})
    if (!status.ok()) reader.damaged(read_error(status, workspace));
  return reader.finish();
}

Result<std::optional<log::Snapshot>> read_snapshot(const Database& database,
                                                   const std::string& workspace,
                                                   const std::string& object) {
  const auto id = find_workspace(database, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return std::nullopt;
  const std::string prefix = object_key(**id, object);
  const auto iterator = database.iterate(database.snapshots);
  iterator->SeekForPrev(object_key(**id, object, ~log::Position{0}));
  if (!iterator->status().ok()) return std::unexpected(read_error(iterator->status(), workspace));
  if (!iterator->Valid() || !text(iterator->key()).starts_with(prefix)) return std::nullopt;
  const auto key = parse_object_key(text(iterator->key()));
  const auto state = decode_snapshot(text(iterator->key()), text(iterator->value()));
  if (!key || !state)
    return fail(ErrorCode::kCorrupt,
                fmt::format("snapshot of {}/{} fails its checksum", workspace, object));
  return log::Snapshot{key->position, to_bytes(*state)};
}

Result<std::vector<std::string>> read_workspaces(const Database& database, const std::string& after,
                                                 std::size_t limit) {
  std::vector<std::string> names;
  const auto iterator = database.iterate(database.meta);
  iterator->Seek(workspace_key(after));
  for (; iterator->Valid() && names.size() < limit; iterator->Next()) {
    std::string_view key = text(iterator->key());
    if (!key.starts_with(kWorkspacePrefix)) break;
    key.remove_prefix(kWorkspacePrefix.size());
    if (key > after) names.emplace_back(key);
  }
  if (!iterator->status().ok())
    return std::unexpected(to_error(iterator->status(), "listing workspaces"));
  return names;
}

Result<std::vector<std::string>> read_objects(const Database& database,
                                              const std::string& workspace,
                                              const std::string& prefix, const std::string& after,
                                              std::size_t limit) {
  const auto id = find_workspace(database, workspace);
  if (!id) return std::unexpected(id.error());
  std::vector<std::string> ids;
  if (!*id) return ids;
  const std::string end = id_key(**id + 1);
  const rocksdb::Slice end_slice = end;
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &end_slice;
  const auto iterator = database.iterate(database.objects, options);
  std::string next = after < prefix ? id_key(**id) + prefix : object_key(**id, after);
  if (after >= prefix) next.back() = '\1';  // behind all entries of `after`
  for (iterator->Seek(next); iterator->Valid() && ids.size() < limit; iterator->Seek(next)) {
    const auto key = parse_object_key(text(iterator->key()));
    if (!key)
      return fail(ErrorCode::kCorrupt, fmt::format("workspace {}: damaged index", workspace));
    if (!key->object.starts_with(prefix)) break;
    ids.emplace_back(key->object);
    next = object_key(**id, key->object);
    next.back() = '\1';
  }
  if (!iterator->status().ok()) return std::unexpected(read_error(iterator->status(), workspace));
  return ids;
}

}  // namespace syncline::backend::store
