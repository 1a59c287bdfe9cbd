#include "store/reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/mutation.h"
#include "log/read_check.h"
#include "log/rules.h"
#include "store/contents.h"
#include "store/keys.h"
#include "store/leaf_check.h"
#include "store/object_past.h"
#include "store/retention.h"

namespace syncline::store {
namespace {

std::unexpected<Error> read_error(const Result<void>& status, std::string_view workspace) {
  return fail_while(fmt::format("reading workspace {}", workspace), status.error());
}

// Walks forward over the events of one workspace. Steps to the next event instead of seeking, if
// possible.
class EventCursor {
 public:
  EventCursor(const Tables& tables, WorkspaceId id)
      : id_(id), cursor_(tables.cursor(Family::kEvents, id_key(id + 1))) {}

  // Moves to the first event at or after `position`. False if there is none or if reading failed.
  bool seek(log::Position position) {
    if (position_ != 0 && position == position_ + 1)
      cursor_->next();
    else
      cursor_->seek(event_key(id_, position));
    if (!cursor_->valid()) return false;
    position_ = parse_event_key(cursor_->key()).value_or(0);
    return true;
  }

  log::Position position() const { return position_; }
  ByteView record() const { return as_bytes(cursor_->value()); }
  Result<void> status() const { return cursor_->status(); }

 private:
  WorkspaceId id_;
  std::unique_ptr<Cursor> cursor_;
  log::Position position_ = 0;
};

// Reports a failed check to the reader. False: the event that was added last must not be returned.
bool vouched(log::EventReader& reader, Result<void> ok) {
  if (!ok) reader.damaged(std::move(ok.error()));
  return ok.has_value();
}

log::Position milestone_before(const Tables& tables, const ObjectKey& key, log::Position base) {
  const auto cursor = tables.cursor(Family::kSnapshots);
  cursor->seek_for_prev(object_key(key.id, key.object, base - 1));
  const auto found = cursor->valid() ? parse_object_key(cursor->key()) : std::nullopt;
  return found && found->id == key.id && found->object == key.object ? found->position : base;
}

// Reads the content of one snapshot, or of a delta and its base.
class SnapshotReader {
 public:
  explicit SnapshotReader(const Tables& tables) : tables_(tables) {}

  // Together with its base; nullopt if one of them is damaged or missing.
  Result<std::optional<log::Snapshot>> read(const ObjectKey& key, std::string_view value);

  // True if an entry was replaced while its blob was looked for. Then the search must begin anew.
  bool overtaken() const { return overtaken_; }

 private:
  Result<std::optional<Bytes>> content(std::string_view key, std::string_view value,
                                       const KeptSnapshot& kept);
  Result<std::optional<Bytes>> milestone(std::string_view key);

  const Tables& tables_;
  bool overtaken_ = false;
};

// A blob is removed after its entry. So if it is missing, the entry that was seen may be too old.
Result<std::optional<Bytes>> SnapshotReader::content(std::string_view key, std::string_view value,
                                                     const KeptSnapshot& kept) {
  auto found = content_of(tables_, kept);
  if (!found || *found) return found;
  const auto now = tables_.get(Family::kSnapshots, key);
  if (!now) return std::unexpected(now.error());
  if (!*now || **now != value) overtaken_ = true;
  return std::nullopt;
}

Result<std::optional<Bytes>> SnapshotReader::milestone(std::string_view key) {
  const auto value = tables_.get(Family::kSnapshots, key);
  if (!value) return std::unexpected(value.error());
  const auto kept = *value ? decode_snapshot(key, **value) : std::nullopt;
  if (!kept || !kept->milestone()) return std::nullopt;
  return content(key, **value, *kept);
}

Result<std::optional<log::Snapshot>> SnapshotReader::read(const ObjectKey& key,
                                                          std::string_view value) {
  const std::string entry = object_key(key.id, key.object, key.position);
  const auto kept = decode_snapshot(entry, value);
  if (!kept || kept->base >= key.position) return std::nullopt;
  auto bytes = content(entry, value, *kept);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  if (!*bytes) return std::nullopt;
  log::Snapshot snapshot{key.position, std::move(**bytes), kept->bytes_since_milestone};
  snapshot.base = kept->base;
  snapshot.type = kept->type;
  snapshot.generation = kept->generation;
  if (snapshot.base == 0) return snapshot;
  log::Position from = snapshot.base;
  if (is_mutated(Mutation::extend_older_milestone)) from = milestone_before(tables_, key, from);
  auto base = milestone(object_key(key.id, key.object, from));
  if (!base && base.error().code == ErrorCode::kCorrupt) return std::nullopt;
  if (!base) return std::unexpected(std::move(base.error()));
  if (!*base) return std::nullopt;
  snapshot.base_bytes = std::move(**base);
  return snapshot;
}

// Searches the snapshots of one object from the newest backwards.
class SnapshotSearch {
 public:
  SnapshotSearch(const Tables& tables, WorkspaceId id, const std::string& object)
      : tables_(tables), id_(id), object_(object), reader_(tables) {}

  struct Found {
    log::Position position = 0;             // 0 if there is none
    std::optional<log::Snapshot> snapshot;  // nullopt if it is damaged
  };

  // As in SnapshotReader.
  bool overtaken() const { return reader_.overtaken(); }

  // The newest at or before `at`.
  Result<Found> newest(log::Position at) {
    if (!cursor_) cursor_ = tables_.cursor(Family::kSnapshots);
    cursor_->seek_for_prev(object_key(id_, object_, at));
    if (const auto read = cursor_->status(); !read) {
      cursor_.reset();
      if (read.error().code != ErrorCode::kCorrupt) return std::unexpected(read.error());
      return newest_of_events(at);
    }
    if (!cursor_->valid() || !cursor_->key().starts_with(object_key(id_, object_))) return Found{};
    const auto key = parse_object_key(cursor_->key());
    if (!key) return Found{};
    return found(*key, cursor_->value());
  }

 private:
  // A cursor cannot pass a damaged block of the family. So this asks for every position at which a
  // snapshot may be: those of the object's events.
  Result<Found> newest_of_events(log::Position at) {
    const auto index = tables_.cursor(Family::kObjects);
    const std::string prefix = object_key(id_, object_);
    for (log::Position next = at; next > 0; --next) {
      index->seek_for_prev(object_key(id_, object_, next));
      if (auto read = index->status(); !read) return std::unexpected(read.error());
      if (!index->valid() || !index->key().starts_with(prefix)) break;
      const auto key = parse_object_key(index->key());
      if (!key) break;
      next = key->position;
      const auto value = tables_.get(Family::kSnapshots, index->key());
      if (!value && value.error().code == ErrorCode::kCorrupt) return Found{next, std::nullopt};
      if (!value) return std::unexpected(value.error());
      if (*value) return found(*key, **value);
    }
    return Found{};
  }

  Result<Found> found(const ObjectKey& key, std::string_view value) {
    auto snapshot = reader_.read(key, value);
    if (!snapshot) return std::unexpected(std::move(snapshot.error()));
    return Found{key.position, std::move(*snapshot)};
  }

  const Tables& tables_;
  const WorkspaceId id_;
  const std::string& object_;
  SnapshotReader reader_;
  std::unique_ptr<Cursor> cursor_;
};

// The newest intact snapshot of the search after `after` and at or before `at`. `damaged` becomes the newest damaged one,
// unless it is set.
Result<std::optional<log::Snapshot>> newest_intact(SnapshotSearch& search,
                                                   const std::string& workspace,
                                                   log::Position after, log::Position at,
                                                   log::Position& damaged) {
  for (log::Position next = at; next > after; --next) {
    auto found = search.newest(next);
    if (!found) return read_error(std::unexpected(found.error()), workspace);
    if (found->position <= after) break;
    if (found->snapshot) {
      found->snapshot->damaged = damaged;
      return std::move(found->snapshot);
    }
    next = found->position;
    if (damaged == 0) damaged = next;
  }
  return std::nullopt;
}

std::uint64_t stored_bytes(const KeptSnapshot& kept) {
  return kept.apart ? kept.apart->size : kept.bytes.size();
}

// Each further try follows a commit that replaced a snapshot of this object during the last one.
constexpr int kMaxSnapshotTries = 16;

}  // namespace

Result<log::Head> read_head(const Tables& tables, const std::string& workspace) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  return *id ? stored_head(tables, workspace, **id) : log::Head{};
}

Result<std::vector<log::Event>> read_events(const Tables& tables, const std::string& workspace,
                                            log::Position after, const log::ReadLimits& limits) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id || after >= limits.to) return std::vector<log::Event>();
  EventCursor cursor(tables, **id);
  log::EventReader reader(workspace, limits);
  LeafCheck leaves(tables, workspace, **id);
  if (after == 0) {
    reader.expect_after(0, {});
  } else {
    if (!cursor.seek(after) && cursor.status()) return std::vector<log::Event>();
    if (cursor.status()) reader.expect_after(after, cursor.record());
  }
  for (log::Position next = after + 1; cursor.status() && cursor.seek(next); ++next)
    if (!reader.take(cursor.position(), cursor.record()) ||
        !vouched(reader, leaves.check_leaf(reader.last())))
      break;
  if (!cursor.status()) reader.damaged(read_error(cursor.status(), workspace).error());
  return reader.finish();
}

Result<std::vector<log::Event>> read_object_events(const Tables& tables,
                                                   const std::string& workspace,
                                                   const std::string& object, log::Position after,
                                                   const log::ReadLimits& limits) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id || after >= limits.to) return std::vector<log::Event>();
  log::EventReader reader(workspace, limits);
  LeafCheck leaves(tables, workspace, **id);
  // Opened in this order, so that what every index entry continues and its event are visible.
  const auto index = tables.cursor(Family::kObjects);
  const auto parts = past_of(tables, **id, object);
  if (!parts) return read_error(std::unexpected(parts.error()), workspace);
  EventCursor cursor(tables, **id);
  // False: nothing more is read.
  const auto take = [&](log::Position position) {
    const bool found = cursor.seek(position) && cursor.position() == position;
    if (!found && cursor.status())
      reader.damaged({ErrorCode::kCorrupt,
                      fmt::format("workspace {}, event {}: missing", workspace, position)});
    return found && reader.take(position, cursor.record()) &&
           vouched(reader, leaves.check(reader.last()));
  };
  const auto take_part = [&](const PastPart& part) {
    const std::string prefix = object_key(**id, part.object);
    const log::Position to = std::min(part.to, limits.to);
    index->seek(object_key(**id, part.object, std::max(after, part.after) + 1));
    for (; index->valid(); index->next()) {
      const auto key = parse_object_key(index->key());
      if (!index->key().starts_with(prefix) || !key || key->position > to) break;
      if (!take(key->position)) return false;
    }
    return index->status().has_value();
  };
  for (const PastPart& part : *parts)
    if (part.to > after && !take_part(part)) break;
  vouched(reader, leaves.finish());
  for (const auto& status : {index->status(), cursor.status()})
    if (!status) reader.damaged(read_error(status, workspace).error());
  return reader.finish();
}

namespace {

// The position of the object's first event after `after`; 0: there is none.
Result<log::Position> next_of_object(const Tables& tables, WorkspaceId id,
                                     const std::string& object, log::Position after) {
  const auto parts = past_of(tables, id, object);
  if (!parts) return std::unexpected(parts.error());
  const auto index = tables.cursor(Family::kObjects);
  for (const PastPart& part : *parts) {
    if (part.to <= after) continue;
    index->seek(object_key(id, part.object, std::max(after, part.after) + 1));
    if (auto read = index->status(); !read) return std::unexpected(std::move(read.error()));
    if (!index->valid() || !index->key().starts_with(object_key(id, part.object))) continue;
    const auto key = parse_object_key(index->key());
    if (key && key->position <= part.to) return key->position;
  }
  return 0;
}

}  // namespace

Result<std::uint64_t> read_next_size(const Tables& tables, const std::string& workspace,
                                     const std::string& object, log::Position after) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id || after == log::kNow) return 0;
  log::Position next = after + 1;
  if (!object.empty()) {
    const auto of_object = next_of_object(tables, **id, object, after);
    if (!of_object) return read_error(std::unexpected(of_object.error()), workspace);
    if (*of_object == 0) return 0;
    next = *of_object;
  }
  EventCursor cursor(tables, **id);
  const bool found = cursor.seek(next);
  if (const auto read = cursor.status(); !read) return read_error(read, workspace);
  return found ? cursor.record().size() : 0;
}

namespace {

Result<std::optional<log::Snapshot>> newest_of_part(const Tables& tables, WorkspaceId id,
                                                    const std::string& workspace,
                                                    const PastPart& part, log::Position at,
                                                    log::Position& damaged) {
  const log::Position before = damaged;
  for (int tries = 1;; ++tries) {
    SnapshotSearch search(tables, id, part.object);
    damaged = before;
    auto found = newest_intact(search, workspace, part.after, std::min(part.to, at), damaged);
    if (!search.overtaken() || tries == kMaxSnapshotTries) return found;
  }
}

}  // namespace

Result<std::optional<log::Snapshot>> read_snapshot(const Tables& tables,
                                                   const std::string& workspace,
                                                   const std::string& object, log::Position at) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return std::nullopt;
  const auto parts = past_of(tables, **id, object);
  if (!parts) return read_error(std::unexpected(parts.error()), workspace);
  log::Position damaged = 0;
  for (const PastPart& part : *parts | std::views::reverse) {
    auto found = newest_of_part(tables, **id, workspace, part, at, damaged);
    if (!found || *found) return found;
  }
  if (damaged == 0) return std::nullopt;
  return fail(ErrorCode::kCorrupt,
              fmt::format("snapshot of {}/{} fails its checksum", workspace, object));
}

Result<std::uint64_t> read_snapshot_size(const Tables& tables, const std::string& workspace,
                                         const std::string& object, log::Position at) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return 0;
  const auto parts = past_of(tables, **id, object);
  if (!parts) return read_error(std::unexpected(parts.error()), workspace);
  const auto cursor = tables.cursor(Family::kSnapshots);
  const auto is_of = [&](const PastPart& part) {
    cursor->seek_for_prev(object_key(**id, part.object, std::min(part.to, at)));
    const auto key = cursor->valid() ? parse_object_key(cursor->key()) : std::nullopt;
    return key && key->id == **id && key->object == part.object && key->position > part.after;
  };
  auto part = parts->rbegin();
  while (part != parts->rend() && !is_of(*part) && cursor->status()) ++part;
  if (const auto read = cursor->status(); !read) return read_error(read, workspace);
  if (part == parts->rend()) return 0;
  const auto kept = decode_snapshot(cursor->key(), cursor->value());
  if (!kept) return 0;
  if (kept->base == 0) return stored_bytes(*kept);
  const std::string base_key = object_key(**id, part->object, kept->base);
  const auto value = tables.get(Family::kSnapshots, base_key);
  if (!value) return read_error(std::unexpected(value.error()), workspace);
  const auto base = *value ? decode_snapshot(base_key, **value) : std::nullopt;
  return stored_bytes(*kept) + (base ? stored_bytes(*base) : 0);
}

Result<std::optional<log::Pin>> read_pin(const Tables& tables, const std::string& workspace,
                                         const std::string& name) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return std::nullopt;
  const auto value = tables.get(Family::kMeta, pin_key(**id, name));
  if (!value) return fail_while("workspace " + workspace, value.error());
  if (!*value) return std::nullopt;
  auto pin = decode_pin(name, **value);
  if (!pin) return fail_while("workspace " + workspace, pin.error());
  return std::move(*pin);
}

Result<std::vector<log::Pin>> read_pins(const Tables& tables, const std::string& workspace,
                                        const std::string& after, std::size_t limit) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  std::vector<log::Pin> pins;
  if (!*id) return pins;
  const std::string prefix = pin_key(**id, "");
  const auto cursor = tables.cursor(Family::kMeta);
  cursor->seek(prefix + after);
  for (; cursor->valid() && pins.size() < limit; cursor->next()) {
    if (!cursor->key().starts_with(prefix)) break;
    const std::string_view name = cursor->key().substr(prefix.size());
    if (name <= after) continue;
    auto pin = decode_pin(name, cursor->value());
    if (!pin) return fail_while("workspace " + workspace, pin.error());
    pins.push_back(std::move(*pin));
  }
  if (const auto read = cursor->status(); !read) return read_error(read, workspace);
  return pins;
}

Result<bool> rules_told(const Tables& tables, WorkspaceId id) {
  const auto value = tables.get(Family::kMeta, rules_told_key(id));
  if (!value) return std::unexpected(value.error());
  return value->has_value();
}

Result<bool> may_hold_untold(const Tables& tables, WorkspaceId id) {
  const auto record = tables.get(Family::kEvents, event_key(id, 1));
  if (!record) return std::unexpected(record.error());
  return *record && !(*record)->empty() &&
         static_cast<std::uint8_t>((*record)->front()) == log::kUnsaltedVersion;
}

namespace {

Result<log::UntoldRules> read_untold(const Tables& tables, const std::string& workspace) {
  log::UntoldRules untold;
  constexpr std::size_t kAll = ~std::size_t{0};
  auto pins = read_pins(tables, workspace, "", kAll);
  if (!pins) return std::unexpected(std::move(pins.error()));
  auto retention = read_retention(tables, workspace);
  if (!retention) return std::unexpected(std::move(retention.error()));
  auto records = read_retention_records(tables, workspace, 0, kAll);
  if (!records) return std::unexpected(std::move(records.error()));
  untold.pins = std::move(*pins);
  untold.retention = retention->rule;
  untold.hold = std::move(retention->hold);
  for (log::RetentionRecord& each : *records) untold.record.push_back(std::move(each.change));
  return untold;
}

}  // namespace

namespace {

Result<bool> has_events(const Tables& tables, WorkspaceId id, std::string_view object) {
  const std::string prefix = object_key(id, object);
  const auto cursor = tables.cursor(Family::kObjects, after_prefix(prefix));
  cursor->seek(prefix);
  if (auto read = cursor->status(); !read) return std::unexpected(std::move(read.error()));
  return cursor->valid() && cursor->key().starts_with(prefix);
}

}  // namespace

Result<log::RulesStanding> read_standing(const Tables& tables, const std::string& workspace) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return log::RulesStanding{};
  const auto told = rules_told(tables, **id);
  if (!told) return fail_while("workspace " + workspace, told.error());
  if (*told) {
    const auto deletions = has_events(tables, **id, log::kDeletionsObject);
    if (!deletions) return fail_while("workspace " + workspace, deletions.error());
    return log::RulesStanding{.told = true, .deletions = *deletions};
  }
  const auto possible = may_hold_untold(tables, **id);
  if (!possible) return fail_while("workspace " + workspace, possible.error());
  if (!*possible) return log::RulesStanding{};
  auto untold = read_untold(tables, workspace);
  if (!untold) return std::unexpected(std::move(untold.error()));
  return log::RulesStanding{.untold = std::move(*untold)};
}

Result<std::optional<std::string>> read_checkpoint(const Tables& tables,
                                                   const std::string& workspace) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return std::nullopt;
  auto kept = kept_checkpoint(tables, **id);
  if (!kept) return fail_while("workspace " + workspace, kept.error());
  if (!*kept) return std::nullopt;
  return std::move((*kept)->note);
}

Result<log::Position> read_cut(const Tables& tables, const std::string& workspace) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return 0;
  const auto cut = kept_cut(tables, **id);
  if (!cut) return fail_while("workspace " + workspace, cut.error());
  return *cut;
}

Result<std::vector<log::Statement>> read_origins(const Tables& tables,
                                                 const std::string& workspace) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return std::vector<log::Statement>();
  auto origins = kept_origins(tables, **id);
  if (!origins) return fail_while("workspace " + workspace, origins.error());
  return origins;
}

Result<log::Position> read_ingested(const Tables& tables, const std::string& workspace,
                                    const std::string& region) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return 0;
  const auto kept = kept_ingested(tables, **id, region);
  if (!kept) return fail_while("workspace " + workspace, kept.error());
  return *kept;
}

Result<std::vector<std::string>> read_workspaces(const Tables& tables, const std::string& after,
                                                 std::size_t limit) {
  std::vector<std::string> names;
  const auto iterator = tables.cursor(Family::kMeta);
  iterator->seek(workspace_key(after));
  for (; iterator->valid() && names.size() < limit; iterator->next()) {
    std::string_view key = iterator->key();
    if (!key.starts_with(kWorkspacePrefix)) break;
    key.remove_prefix(kWorkspacePrefix.size());
    if (key > after) names.emplace_back(key);
  }
  if (const auto read = iterator->status(); !read)
    return fail_while("listing workspaces", read.error());
  return names;
}

Result<std::vector<std::string>> read_objects(const Tables& tables, const std::string& workspace,
                                              const std::string& prefix, const std::string& after,
                                              std::size_t limit) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  std::vector<std::string> ids;
  if (!*id) return ids;
  const auto iterator = tables.cursor(Family::kObjects, id_key(**id + 1));
  std::string next = after < prefix ? id_key(**id) + prefix : object_key(**id, after);
  if (after >= prefix) next.back() = '\1';  // after all entries of `after`
  for (iterator->seek(next); iterator->valid() && ids.size() < limit; iterator->seek(next)) {
    const auto key = parse_object_key(iterator->key());
    if (!key)
      return fail(ErrorCode::kCorrupt, fmt::format("workspace {}: damaged index", workspace));
    if (!key->object.starts_with(prefix)) break;
    if (log::is_system_object(key->object) && !log::is_system_object(prefix)) {
      next = after_prefix(id_key(**id).append(log::kSystemObjectPrefix));
      continue;
    }
    ids.emplace_back(key->object);
    next = object_key(**id, key->object);
    next.back() = '\1';
  }
  if (const auto read = iterator->status(); !read) return read_error(read, workspace);
  return ids;
}

}  // namespace syncline::store
