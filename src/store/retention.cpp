#include "store/retention.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/crc32c.h"
#include "base/mutation.h"
#include "log/file_version.h"
#include "log/read_check.h"
#include "log/rules.h"
#include "store/contents.h"

namespace syncline::store {
namespace {

constexpr std::uint8_t kVersion = 1;

// Adds a CRC-32C over version and fields, because this value decides what is dropped.
std::string sealed(ByteWriter& out) {
  std::string value(as_text(out.view()));
  const std::uint32_t crc = crc32c(as_bytes(value));
  for (int shift = 24; shift >= 0; shift -= 8) value.push_back(static_cast<char>(crc >> shift));
  return value;
}

// The fields after the version; nullopt if the value is damaged.
std::optional<ByteView> unsealed(std::string_view value) {
  if (value.size() < 5 || value[0] != kVersion) return std::nullopt;
  std::uint32_t crc = 0;
  for (const char byte : value.substr(value.size() - 4))
    crc = crc << 8 | static_cast<std::uint8_t>(byte);
  value.remove_suffix(4);
  if (crc != crc32c(as_bytes(value))) return std::nullopt;
  return as_bytes(value.substr(1));
}

// Finds the events and snapshots of objects in the tables.
class StoredStates final : public log::StandingStates {
 public:
  StoredStates(const Tables& tables, WorkspaceId id, const BlobCheck& intact)
      : tables_(tables), id_(id), intact_(intact) {}

  Result<log::Position> last_event(std::string_view object, log::Position at) override {
    const auto cursor = tables_.cursor(Family::kObjects);
    cursor->seek_for_prev(object_key(id_, object, at));
    if (auto read = cursor->status(); !read) return std::unexpected(read.error());
    if (!cursor->valid() || !cursor->key().starts_with(object_key(id_, object))) return 0;
    const auto key = parse_object_key(cursor->key());
    if (!key) return fail(ErrorCode::kCorrupt, "damaged index");
    return key->position;
  }

  Result<bool> intact_milestone(std::string_view object, log::Position position) override {
    const std::string key = object_key(id_, object, position);
    const auto value = tables_.get(Family::kSnapshots, key);
    if (!value) return std::unexpected(value.error());
    const auto kept = *value ? decode_snapshot(key, **value) : std::nullopt;
    if (!kept || !kept->milestone()) return false;
    return kept->apart ? intact_(kept->apart->name) : true;
  }

 private:
  const Tables& tables_;
  const WorkspaceId id_;
  const BlobCheck& intact_;
};

// Discards what is staged.
class NoWrites final : public Writes {
 public:
  void put(Family, std::string_view, std::string_view) override {}
  void remove(Family, std::string_view) override {}
  bool empty() const override { return true; }
};

}  // namespace

std::string encode_retention(const log::Retention& retention) {
  ByteWriter out;
  out.u8(kVersion);
  out.var_uint(retention.rule.keep_ms);
  out.var_uint(retention.rule.keep_last);
  const bool knows_floor = !is_mutated(Mutation::forget_floor);
  out.var_uint(knows_floor ? retention.floor : 0);
  out.var_uint(knows_floor ? retention.swept_to : 0);
  const bool held = retention.hold && !is_mutated(Mutation::forget_hold);
  out.u8(held ? 1 : 0);
  if (held) {
    out.var_uint(retention.hold->unix_ms);
    out.var_string(retention.hold->principal);
    out.var_string(retention.hold->reason);
  }
  return sealed(out);
}

Result<log::Retention> decode_retention(std::string_view workspace, std::string_view value) {
  const auto fields = unsealed(value);
  ByteReader in(fields.value_or(ByteView()));
  log::Retention retention;
  retention.rule = {in.var_uint(), in.var_uint()};
  retention.floor = in.var_uint();
  retention.swept_to = in.var_uint();
  if (in.u8() == 1) {
    log::Hold hold{.unix_ms = in.var_uint()};
    hold.principal = in.var_string();
    hold.reason = in.var_string();
    retention.hold = std::move(hold);
  }
  if (fields && in.ok() && in.at_end()) return retention;
  return fail(ErrorCode::kCorrupt,
              fmt::format("workspace {}: what it says of retention is damaged", workspace));
}

std::string encode_retention_record(const log::RetentionChange& change) {
  ByteWriter out;
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(change.act));
  out.var_uint(change.unix_ms);
  out.var_string(change.principal);
  out.var_string(change.reason);
  out.var_uint(change.rule.keep_ms);
  out.var_uint(change.rule.keep_last);
  return sealed(out);
}

std::optional<log::RetentionChange> decode_retention_record(std::string_view value) {
  const auto fields = unsealed(value);
  ByteReader in(fields.value_or(ByteView()));
  log::RetentionChange change;
  change.act = static_cast<log::RetentionAct>(in.u8());
  change.unix_ms = in.var_uint();
  change.principal = in.var_string();
  change.reason = in.var_string();
  change.rule = {in.var_uint(), in.var_uint()};
  if (!fields || !in.ok() || !in.at_end()) return std::nullopt;
  return change;
}

Result<log::Retention> read_retention(const Tables& tables, const std::string& workspace) {
  const auto value = tables.get(Family::kMeta, retention_key(workspace));
  if (!value) return fail_while("reading the retention of " + workspace, value.error());
  if (!*value) return log::Retention{};
  return decode_retention(workspace, **value);
}

Result<std::vector<log::RetentionRecord>> read_retention_records(const Tables& tables,
                                                                 const std::string& workspace,
                                                                 std::uint64_t after,
                                                                 std::size_t limit) {
  std::vector<log::RetentionRecord> records;
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  if (!*id) return records;
  const auto cursor = tables.cursor(Family::kMeta);
  const std::string prefix = retention_record_prefix(**id);
  for (cursor->seek(retention_record_key(**id, after + 1)); cursor->valid(); cursor->next()) {
    if (!cursor->key().starts_with(prefix) || records.size() == limit) break;
    const auto number = parse_event_key(cursor->key().substr(2));
    auto change = decode_retention_record(cursor->value());
    if (!number || !change)
      return fail(ErrorCode::kCorrupt,
                  fmt::format("workspace {}: a record of its retention is damaged", workspace));
    records.push_back({*number, std::move(*change)});
  }
  if (const auto read = cursor->status(); !read)
    return fail_while("reading the retention of " + workspace, read.error());
  return records;
}

Result<std::vector<std::string>> read_retained(const Tables& tables, const std::string& after,
                                               std::size_t limit) {
  std::vector<std::string> names;
  const auto cursor = tables.cursor(Family::kMeta);
  for (cursor->seek(retention_key(after)); cursor->valid(); cursor->next()) {
    std::string_view key = cursor->key();
    if (!key.starts_with(kRetentionPrefix) || names.size() == limit) break;
    key.remove_prefix(kRetentionPrefix.size());
    if (key <= after) continue;
    // A damaged value is listed, too, so that the caller learns of it.
    const auto retention = decode_retention(key, cursor->value());
    if (!retention || !retention->rule.keeps_all() || retention->swept_to < retention->floor)
      names.emplace_back(key);
  }
  if (const auto read = cursor->status(); !read)
    return fail_while("listing workspaces", read.error());
  return names;
}

Result<std::uint64_t> last_retention_record(const Tables& tables, WorkspaceId id) {
  const auto cursor = tables.cursor(Family::kMeta);
  cursor->seek_for_prev(retention_record_key(id, ~std::uint64_t{0}));
  if (const auto read = cursor->status(); !read) return std::unexpected(read.error());
  if (!cursor->valid() || !cursor->key().starts_with(retention_record_prefix(id))) return 0;
  return parse_event_key(cursor->key().substr(2)).value_or(0);
}

Result<std::vector<log::Position>> kept_moments(const Tables& tables, const std::string& workspace,
                                                WorkspaceId id, log::Position floor) {
  std::vector<log::Position> moments{floor};
  if (is_mutated(Mutation::ignore_pins)) return moments;
  const std::string prefix = pin_key(id, "");
  const auto cursor = tables.cursor(Family::kMeta);
  for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
    const auto pin = decode_pin(cursor->key().substr(prefix.size()), cursor->value());
    if (!pin) return fail_while("workspace " + workspace, pin.error());
    if (pin->position < floor) moments.push_back(pin->position);
  }
  if (auto read = cursor->status(); !read) return std::unexpected(std::move(read.error()));
  std::ranges::sort(moments);
  return moments;
}

std::vector<NamedVersion> read_stale_files(const Tables& tables, const std::string& workspace,
                                           log::Position to) {
  constexpr std::size_t kAtOnce = 1024;
  const auto id = find_workspace(tables, workspace);
  const auto kept = read_retention(tables, workspace);
  if (!id || !*id || !kept || to > kept->floor) return {};
  const auto moments = kept_moments(tables, workspace, **id, kept->floor);
  if (!moments) return {};
  return read_stale_versions(tables, **id, to, *moments, kAtOnce)
      .value_or(std::vector<NamedVersion>());
}

PayloadDrop::PayloadDrop(const Tables& tables, std::string workspace, WorkspaceId id,
                         log::Position floor, const std::vector<std::string>& skip,
                         BlobCheck intact)
    : tables_(tables),
      workspace_(std::move(workspace)),
      id_(id),
      floor_(floor),
      skip_(skip),
      intact_(std::move(intact)) {}

// Checks that the object's required snapshots exist. Marks its other snapshots below the floor for
// removal, and also deltas that extend those.
Result<void> PayloadDrop::cover(const std::string& object) {
  StoredStates states(tables_, id_, intact_);
  const auto standing = log::standing_snapshots(states, workspace_, object, moments_);
  if (!standing) return std::unexpected(standing.error());
  const auto last = states.last_event(object, floor_);
  if (!last) return std::unexpected(last.error());
  const auto goes = [&](log::Position at) { return at < *last && !standing->contains(at); };
  const auto supersede = [&](const Cursor& at) {
    const auto kept = decode_snapshot(at.key(), at.value());
    superseded_.emplace_back(at.key(), kept ? kept->apart : std::nullopt);
  };
  const auto cursor = tables_.cursor(Family::kSnapshots, object_key(id_, object, *last));
  const std::string prefix = object_key(id_, object);
  for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
    const auto key = parse_object_key(cursor->key());
    if (!key || key->position >= *last) break;
    if (goes(key->position)) supersede(*cursor);
  }
  if (auto read = cursor->status(); !read) return read;
  // Only the newest snapshot can be a delta.
  const auto newest = tables_.cursor(Family::kSnapshots);
  newest->seek_for_prev(object_key(id_, object, log::kNow));
  if (newest->valid() && newest->key().starts_with(prefix)) {
    const auto key = parse_object_key(newest->key());
    const log::Position base = snapshot_base(newest->value());
    if (key && key->position >= *last && base > 0 && goes(base)) supersede(*newest);
  }
  return newest->status();
}

Result<log::DroppedPayloads> PayloadDrop::stage(log::Position from, log::Position to,
                                                Writes& writes, std::vector<BlobName>& released) {
  auto moments = kept_moments(tables_, workspace_, id_, floor_);
  if (!moments) return std::unexpected(std::move(moments.error()));
  moments_ = std::move(*moments);
  log::DroppedPayloads dropped{.swept_to = to};
  std::set<std::string> covered;
  const auto cursor = tables_.cursor(Family::kEvents, event_key(id_, to + 1));
  log::Position next = from;
  for (cursor->seek(event_key(id_, from)); cursor->valid(); cursor->next(), ++next) {
    if (parse_event_key(cursor->key()) != next || parse_id(cursor->key()) != id_ || next > to)
      break;
    auto event = log::decode_stored(workspace_, next, as_bytes(cursor->value()));
    if (!event) return std::unexpected(std::move(event.error()));
    // They hold the rules: all of it stays.
    if (log::is_system_object(event->object) && event->kind != log::EventKind::kSession) continue;
    if (std::ranges::binary_search(skip_, event->object)) continue;
    const bool changes = event->kind == log::EventKind::kChange;  // others have no state to keep
    if (changes && covered.insert(event->object).second)
      if (auto ok = cover(event->object); !ok) return std::unexpected(std::move(ok.error()));
    if (event->dropped_payload || event->kind == log::EventKind::kRenamed) continue;
    dropped.changes_bytes += log::stored_bytes(event->type, event->intent);
    auto record = log::encode_event(log::without_payload(std::move(*event)));
    if (!record) return std::unexpected(std::move(record.error()));
    ++dropped.events;
    dropped.bytes +=
        cursor->value().size() - std::min(record->record.size(), cursor->value().size());
    rewritten_.emplace_back(cursor->key(), as_text(record->record));
  }
  if (auto read = cursor->status(); !read) return std::unexpected(std::move(read.error()));
  if (next != to + 1)
    return fail(ErrorCode::kCorrupt,
                fmt::format("workspace {}, event {}: missing", workspace_, next));
  for (const auto& [key, record] : rewritten_) writes.put(Family::kEvents, key, record);
  for (const auto& [key, apart] : superseded_) remove_snapshot(writes, key, apart, released);
  dropped.snapshots = superseded_.size();
  return dropped;
}

std::set<BlobName> read_standing_blobs(const Tables& tables, const std::string& workspace,
                                       log::Position to, const std::vector<std::string>& skip) {
  std::set<BlobName> intact;
  const auto id = find_workspace(tables, workspace);
  const auto kept = read_retention(tables, workspace);
  if (!id || !*id || !kept || to > kept->floor || to <= kept->swept_to) return intact;
  // Finds the same milestones as the drop itself. An error ends it early: the drop will meet it, too.
  PayloadDrop rehearsal(tables, workspace, **id, kept->floor, skip,
                        [&](const BlobName& name) -> Result<bool> {
                          const auto content = tables.blobs().read(name);
                          if (content && *content) intact.insert(name);
                          return true;
                        });
  NoWrites nothing;
  std::vector<BlobName> released;
  static_cast<void>(rehearsal.stage(kept->swept_to + 1, to, nothing, released));
  return intact;
}

}  // namespace syncline::store
