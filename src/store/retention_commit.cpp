// The part of the group commit that raises the floor of retention, and drops.
#include <fmt/format.h>

#include <utility>

#include "base/mutation.h"
#include "store/group_commit.h"
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
  kept->swept_to = is_mutated(Mutation::sweep_past) ? kept->floor : request.to;
  keep(request.workspace, **known, std::move(*kept), writes);
  return dropped;
}

}  // namespace syncline::store
