#include "store/tenant_erasure.h"

#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/qualified_name.h"
#include "store/actors.h"
#include "store/contents.h"
#include "store/directory.h"
#include "store/files.h"
#include "store/object_past.h"
#include "store/waiting.h"

namespace syncline::store {
namespace {

constexpr char kBetween = '\x1e';  // in ids of people (identity/person.h)

// A list of chunks, or the last chunk of an upload: what names these chunks goes, too.
void erase_names_of_chunks(const std::string& tenant, const Cursor& cursor, Writes& writes) {
  for (const auto& [chunk, list] : named_chunks(tenant, cursor.key(), cursor.value()))
    writes.remove(Family::kMeta, chunk_key(chunk, list));
}

// A large content, and chunks of files, go with the file that nothing names any more, when the store opens.
void erase_key(const std::string& tenant, Family family, const Cursor& cursor, Writes& writes) {
  if (family == Family::kMeta) erase_names_of_chunks(tenant, cursor, writes);
  if (family != Family::kSnapshots) return writes.remove(family, cursor.key());
  const auto kept = decode_snapshot(cursor.key(), cursor.value());
  std::vector<BlobName> released;
  remove_snapshot(writes, cursor.key(), kept ? kept->apart : std::nullopt, released);
}

}  // namespace

TenantErasure::TenantErasure(std::string tenant) : tenant_(std::move(tenant)) {
  SYNCLINE_ASSERT(!tenant_.empty());
}

Result<bool> TenantErasure::step(const Tables& tables, std::size_t most, Writes& writes) {
  while (most > 0) {
    if (ranges_.empty()) {
      const auto more = next_ranges(tables, writes);
      if (!more || !*more) return more;
    }
    if (auto erased = erase_from(tables, most, writes); !erased)
      return std::unexpected(std::move(erased.error()));
  }
  return true;
}

// The workspaces, one after the other, and then what is kept beside them.
Result<bool> TenantErasure::next_ranges(const Tables& tables, Writes& writes) {
  if (!workspace_.empty()) writes.remove(Family::kMeta, workspace_key(workspace_));
  if (beside_workspaces_) return false;
  const std::string names = workspace_key(qualified(tenant_, ""));
  const auto cursor = tables.cursor(Family::kMeta, after_prefix(names));
  cursor->seek(workspace_.empty() ? names : workspace_key(workspace_) + '\0');
  if (auto read = cursor->status(); !read) return std::unexpected(std::move(read.error()));
  if (cursor->valid() && cursor->key().starts_with(names)) {
    const auto id = parse_id(cursor->value());
    if (!id) return fail(ErrorCode::kCorrupt, "the number of a workspace is damaged");
    take_workspace(std::string(cursor->key().substr(kWorkspacePrefix.size())), *id);
    return true;
  }
  workspace_.clear();
  beside_workspaces_ = true;
  const std::string all = qualified(tenant_, "");
  for (std::string prefix : {retention_key(all), std::string(kWaitingPrefix) + all,
                             file_prefix(FileKey::kUpload, tenant_),
                             file_prefix(FileKey::kOver, tenant_),
                             file_prefix(FileKey::kPage, tenant_),
                             file_prefix(FileKey::kFile, tenant_),
                             file_prefix(FileKey::kHolder, tenant_),
                             file_prefix(FileKey::kDeadList, tenant_),
                             directory_key(log::DirectoryKind::kGuest, all),
                             directory_key(log::DirectoryKind::kDeleted, all),
                             directory_key(log::DirectoryKind::kHook, all),
                             directory_key(log::DirectoryKind::kHookDead, all),
                             directory_key(log::DirectoryKind::kHookProgress, all),
                             directory_key(log::DirectoryKind::kTenant, all),
                             directory_key(log::DirectoryKind::kPerson, tenant_ + kBetween)})
    ranges_.push_back({Family::kMeta, std::move(prefix)});
  return true;
}

void TenantErasure::take_workspace(const std::string& name, WorkspaceId id) {
  workspace_ = name;
  for (const Family family : {Family::kEvents, Family::kObjects, Family::kSnapshots, Family::kTree})
    ranges_.push_back({family, id_key(id)});
  for (std::string prefix :
       {checkpoint_key(id), cut_key(id), epoch_key(id), rules_told_key(id), ingested_key(id, ""),
        pin_key(id, ""), origin_key(id, ""), retention_record_prefix(id), actors_prefix(id),
        version_prefix(id), past_links_prefix(id)})
    ranges_.push_back({Family::kMeta, std::move(prefix)});
}

Result<void> TenantErasure::erase_from(const Tables& tables, std::size_t& most, Writes& writes) {
  const Range& range = ranges_.front();
  const auto cursor = tables.cursor(range.family, after_prefix(range.prefix));
  cursor->seek(from_.empty() ? range.prefix : from_);
  for (; most > 0 && cursor->valid() && cursor->key().starts_with(range.prefix); cursor->next()) {
    erase_key(tenant_, range.family, *cursor, writes);
    from_ = std::string(cursor->key()) + '\0';
    --most;
  }
  if (auto read = cursor->status(); !read) return read;
  if (most > 0) {
    ranges_.pop_front();
    from_.clear();
  }
  return {};
}

}  // namespace syncline::store
