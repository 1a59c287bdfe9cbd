// The part of the group commit that raises the floor of retention, and drops.
#include <fmt/format.h>

#include <utility>

#include "base/mutation.h"
#include "base/qualified_name.h"
#include "store/group_commit.h"
#include "store/object_erasure.h"
#include "store/retention.h"

namespace syncline::store {
namespace {

std::unexpected<Error> no_workspace(const std::string& name) {
  return fail(ErrorCode::kNotFound, fmt::format("there is no workspace {}", name));
}

}  // namespace

Result<log::Retention> GroupCommit::retention_of(const std::string& workspace, Known& known) {
  if (known.retention) return *known.retention;
  auto kept = read_retention(tables_, workspace);
  if (kept) known.retention = *kept;
  return kept;
}

void GroupCommit::keep(const std::string& workspace, Known& known, log::Retention retention,
                       Writes& writes) {
  writes.put(Family::kMeta, retention_key(workspace), encode_retention(retention));
  known.retention = std::move(retention);
}

Result<void> GroupCommit::find_next_record(Known& known) {
  if (known.next_record > 0) return {};
  const auto last = last_retention_record(tables_, known.id);
  if (!last) return std::unexpected(last.error());
  known.next_record = *last + 1;
  return {};
}

Result<log::Retention> GroupCommit::stage(FloorRequest& request, Batch&, Writes& writes) {
  if (request.overflowed) return fail(ErrorCode::kUnavailable, "the disk does not keep up");
  const auto known = find(request.workspace);
  if (!known) return std::unexpected(known.error());
  if (*known == nullptr) return no_workspace(request.workspace);
  auto kept = retention_of(request.workspace, **known);
  if (!kept) return kept;
  auto raised = log::raise_floor(std::move(*kept), request.floor, (*known)->head.last_position);
  if (!raised) return raised;
  keep(request.workspace, **known, *raised, writes);
  return raised;
}

Result<log::DroppedPayloads> GroupCommit::stage(DropRequest& request, Batch& batch,
                                                Writes& writes) {
  if (request.overflowed) return fail(ErrorCode::kUnavailable, "the disk does not keep up");
  const auto known = find(request.workspace);
  if (!known) return std::unexpected(known.error());
  if (*known == nullptr) return no_workspace(request.workspace);
  auto kept = retention_of(request.workspace, **known);
  if (!kept) return std::unexpected(std::move(kept.error()));
  if (auto ok = log::check_not_held(*kept); !ok) return std::unexpected(std::move(ok.error()));
  if (request.to > kept->floor && !is_mutated(Mutation::drop_past_floor))
    return fail(ErrorCode::kInvalid,
                fmt::format("nothing behind the floor at {} may be dropped", kept->floor));
  if (request.to <= kept->swept_to) return log::DroppedPayloads{.swept_to = kept->swept_to};
  // The tables do not show that pin yet.
  if ((*known)->pinned_in == batches_) return fail(ErrorCode::kConflict, "a pin was just set");
  if ((*known)->apart_in == batches_)
    return fail(ErrorCode::kConflict, "a snapshot was just stored");
  PayloadDrop drop(tables_, request.workspace, (*known)->id, kept->floor, request.skip,
                   [&](const BlobName& name) { return request.intact.contains(name); });
  auto dropped = drop.stage(kept->swept_to + 1, request.to, writes, batch.released);
  if (!dropped) return dropped;
  if (auto ok = release_stale(request, (*known)->id, kept->floor, batch, writes); !ok)
    return std::unexpected(std::move(ok.error()));
  kept->swept_to = is_mutated(Mutation::sweep_past) ? kept->floor : request.to;
  keep(request.workspace, **known, std::move(*kept), writes);
  return dropped;
}

// A reader has looked for them. Since then, a pin may have been set.
Result<void> GroupCommit::release_stale(const DropRequest& request, WorkspaceId id,
                                        log::Position floor, Batch& batch, Writes& writes) {
  const std::string tenant(split_name(request.workspace).tenant);
  const auto moments = kept_moments(tables_, request.workspace, id, floor);
  if (!moments) return std::unexpected(moments.error());
  for (const NamedVersion& version : request.stale) {
    const auto needed = is_needed(tables_, id, version, *moments);
    if (!needed) return std::unexpected(needed.error());
    if (*needed || version.position > request.to) continue;
    auto released = files_.release_version(tenant, id, version.object, version.position,
                                           batch.files, writes);
    if (!released) return released;
  }
  return {};
}

Result<log::ErasedPayloads> GroupCommit::stage(EraseRequest& request, Batch& batch,
                                               Writes& writes) {
  if (request.overflowed) return fail(ErrorCode::kUnavailable, "the disk does not keep up");
  const auto known = find(request.workspace);
  if (!known) return std::unexpected(known.error());
  if (*known == nullptr) return no_workspace(request.workspace);
  const auto kept = retention_of(request.workspace, **known);
  if (!kept) return std::unexpected(kept.error());
  if (auto ok = log::check_not_held(*kept); !ok && !is_mutated(Mutation::erase_under_hold))
    return std::unexpected(std::move(ok.error()));
  if (request.erasure.to > (*known)->head.last_position)
    return fail(ErrorCode::kInvalid, fmt::format("workspace {} has no position {}",
                                                 request.workspace, request.erasure.to));
  // The tables do not show it yet.
  if ((*known)->apart_in == batches_)
    return fail(ErrorCode::kConflict, "a snapshot was just stored");
  auto erased = stage_erasure(tables_, request.workspace, (*known)->id, request.erasure, files_,
                              writes, batch.released, batch.files);
  if (!erased || !erased->done) return erased;
  if (auto ok = erase_waiting(request, writes); !ok) return std::unexpected(std::move(ok.error()));
  return erased;
}

// Changes of the generations that are erased, which wait for others in vain.
Result<void> GroupCommit::erase_waiting(const EraseRequest& request, Writes& writes) {
  const auto counts = waiting_in(request.workspace);
  if (!counts) return std::unexpected(counts.error());
  const std::string prefix = waiting_prefix(request.workspace, request.erasure.object);
  const auto cursor = tables_.cursor(Family::kMeta, after_prefix(prefix));
  for (cursor->seek(prefix); cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
    const auto key = parse_waiting_key(cursor->key());
    const auto change = decode_waiting(cursor->key(), cursor->value());
    if (!key || (change && change->generation > request.erasure.generation)) continue;
    (*counts)->remove(request.erasure.object, key->number);
    writes.remove(Family::kMeta, cursor->key());
  }
  return cursor->status();
}

}  // namespace syncline::store
