#include "store/object_erasure.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/mutation.h"
#include "base/qualified_name.h"
#include "log/file_version.h"
#include "log/read_check.h"
#include "log/snapshot_store.h"
#include "store/contents.h"
#include "store/directory.h"
#include "store/object_past.h"
#include "store/waiting.h"

namespace syncline::store {
namespace {

// The event at that position without its payload; nothing if it has none.
Result<void> strip_event(const Tables& tables, const std::string& workspace, WorkspaceId id,
                         log::Position position, Writes& writes, log::ErasedPayloads& erased) {
  const std::string key = event_key(id, position);
  const auto value = tables.get(Family::kEvents, key);
  if (!value) return fail_while("erasing an object of " + workspace, value.error());
  if (!*value)
    return fail(ErrorCode::kCorrupt,
                fmt::format("workspace {}, event {}: missing", workspace, position));
  auto event = log::decode_stored(workspace, position, as_bytes(**value));
  if (!event) return std::unexpected(std::move(event.error()));
  // What it continues stays known: a name, as in the header.
  if (event->dropped_payload || event->kind == log::EventKind::kRenamed) return {};
  erased.changes_bytes += log::stored_bytes(event->type, event->intent);
  const auto record = log::encode_event(log::without_payload(std::move(*event)));
  if (!record) return std::unexpected(record.error());
  ++erased.events;
  erased.bytes += (*value)->size() - std::min(record->record.size(), (*value)->size());
  writes.put(Family::kEvents, key, as_text(record->record));
  return {};
}

// The snapshots after `after` and up to `to`, and later ones that extend those.
Result<void> remove_snapshots(const Tables& tables, WorkspaceId id, const std::string& object,
                              log::Position after, log::Position to, Writes& writes,
                              log::ErasedPayloads& erased, std::vector<BlobName>& released) {
  const std::string prefix = object_key(id, object);
  const auto cursor = tables.cursor(Family::kSnapshots);
  for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
    const auto key = parse_object_key(cursor->key());
    const log::Position base = snapshot_base(cursor->value());
    if (!key || key->object != object || key->position <= after) continue;
    if (key->position > to && (base == 0 || base > to)) continue;
    const auto kept = decode_snapshot(cursor->key(), cursor->value());
    remove_snapshot(writes, cursor->key(), kept ? kept->apart : std::nullopt, released);
    ++erased.snapshots;
  }
  return cursor->status();
}

Result<void> remove_rest(const Tables& tables, const std::string& workspace, WorkspaceId id,
                         const log::ObjectErasure& erasure, const std::vector<PastPart>& parts,
                         Writes& writes, log::ErasedPayloads& erased,
                         std::vector<BlobName>& released) {
  if (is_mutated(Mutation::keep_erased_snapshot)) return {};
  Result<void> removed;
  for (const PastPart& part : parts) {
    const log::Position to = std::min(part.to, erasure.to);
    removed = remove_snapshots(tables, id, part.object, part.after, to, writes, erased, released);
    const std::string authors = std::string(log::kAuthorsPrefix) + part.object;
    if (removed && authors.size() <= log::kMaxObjectIdBytes)
      removed = remove_snapshots(tables, id, authors, 0, log::kNow, writes, erased, released);
    if (!removed) break;
  }
  return removed ? Result<void>()
                 : fail_while("erasing an object of " + workspace, removed.error());
}

}  // namespace

Result<log::ErasedPayloads> stage_erasure(const Tables& tables, const std::string& workspace,
                                          WorkspaceId id, const log::ObjectErasure& erasure,
                                          FileCommit& files, Writes& writes,
                                          std::vector<BlobName>& released,
                                          ReleasedFiles& released_files) {
  const std::string tenant(split_name(workspace).tenant);
  log::ErasedPayloads erased{.up_to = erasure.from};
  auto parts = past_of(tables, id, erasure.object);
  if (!parts) return fail_while("erasing an object of " + workspace, parts.error());
  parts->back().after = std::max(parts->back().after, erasure.since);
  const auto cursor = tables.cursor(Family::kObjects);
  std::size_t looked = 0;
  for (const PastPart& part : *parts) {
    const std::string prefix = object_key(id, part.object);
    const log::Position to = std::min(part.to, erasure.to);
    cursor->seek(object_key(id, part.object, std::max(part.after, erasure.from) + 1));
    for (; cursor->valid(); cursor->next()) {
      const auto key = parse_object_key(cursor->key());
      if (!key || !cursor->key().starts_with(prefix) || key->position > to) break;
      if (looked++ == kErasedAtOnce || erased.bytes > kErasedBytesAtOnce) return erased;
      if (auto ok = strip_event(tables, workspace, id, key->position, writes, erased); !ok)
        return std::unexpected(std::move(ok.error()));
      erased.up_to = key->position;
      if (is_mutated(Mutation::keep_erased_file)) continue;
      if (auto ok =
              files.release_version(tenant, id, part.object, key->position, released_files, writes);
          !ok)
        return std::unexpected(std::move(ok.error()));
    }
    if (auto read = cursor->status(); !read) return std::unexpected(std::move(read.error()));
  }
  if (auto ok = remove_rest(tables, workspace, id, erasure, *parts, writes, erased, released); !ok)
    return std::unexpected(std::move(ok.error()));
  erased.up_to = erasure.to;
  erased.done = true;
  return erased;
}

Result<std::vector<KeyRange>> erased_ranges(const Tables& tables, const std::string& workspace,
                                            const std::string& object) {
  const auto id = find_workspace(tables, workspace);
  if (!id) return std::unexpected(id.error());
  std::vector<KeyRange> ranges;
  const auto add = [&](Family family, const std::string& prefix) {
    ranges.push_back({family, prefix, after_prefix(prefix)});
  };
  if (!*id) return ranges;
  add(Family::kEvents, id_key(**id));
  if (object.empty()) {
    add(Family::kSnapshots, id_key(**id));
    add(Family::kMeta, waiting_prefix(workspace));
    add(Family::kMeta, std::string(kDirectoryPrefix));
    return ranges;
  }
  const auto parts = past_of(tables, **id, object);
  if (!parts) return std::unexpected(parts.error());
  for (const PastPart& part : *parts) {
    add(Family::kSnapshots, object_key(**id, part.object));
    add(Family::kSnapshots, object_key(**id, std::string(log::kAuthorsPrefix) + part.object));
  }
  add(Family::kMeta, waiting_prefix(workspace, object));
  return ranges;
}

}  // namespace syncline::store
