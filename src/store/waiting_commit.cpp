// The part of the group commit for waiting changes.
#include <fmt/format.h>

#include <utility>

#include "store/group_commit.h"

namespace syncline::store {

Result<WaitingCounts*> GroupCommit::waiting_in(const std::string& workspace) {
  if (const auto found = waiting_.find(workspace); found != waiting_.end()) return &found->second;
  auto counts = WaitingCounts::read(tables_, workspace);
  if (!counts) return fail_while("workspace " + workspace, counts.error());
  return &waiting_.emplace(workspace, std::move(*counts)).first->second;
}

Result<log::WaitingKept> GroupCommit::stage(PutWaitingRequest& request, Batch&, Writes& writes) {
  if (request.overflowed) return fail(ErrorCode::kUnavailable, "the disk does not keep up");
  const auto counts = waiting_in(request.workspace);
  if (!counts) return std::unexpected(counts.error());
  const std::uint64_t number = (*counts)->next_number();
  const std::string key = waiting_key(request.workspace, request.object, number);
  const std::string value = encode_waiting(key, request.change);
  const std::uint64_t bytes = key.size() + value.size();
  const log::WaitingUsage object = (*counts)->object(request.object);
  const log::WaitingBudget& budget = request.budget;
  if (object.bytes + bytes > budget.object_bytes || object.changes + 1 > budget.object_changes)
    return fail(ErrorCode::kTooLarge,
                fmt::format("too much waits in {}/{}: {} changes, {} bytes", request.workspace,
                            request.object, object.changes, object.bytes));
  if ((*counts)->workspace().bytes + bytes > budget.workspace_bytes)
    return fail(ErrorCode::kTooLarge, fmt::format("too much waits in workspace {}: {} bytes",
                                                  request.workspace, (*counts)->workspace().bytes));
  (*counts)->add(request.object, number, bytes);
  writes.put(Family::kMeta, key, value);
  return log::WaitingKept{number, (*counts)->object(request.object), (*counts)->workspace()};
}

Result<void> GroupCommit::stage(RemoveWaitingRequest& request, Batch&, Writes& writes) {
  if (request.overflowed) return fail(ErrorCode::kUnavailable, "the disk does not keep up");
  const auto counts = waiting_in(request.workspace);
  if (!counts) return std::unexpected(counts.error());
  for (const std::uint64_t number : request.numbers)
    if ((*counts)->remove(request.object, number))
      writes.remove(Family::kMeta, waiting_key(request.workspace, request.object, number));
  return {};
}

// Removes the changes that became events, together with the append of these events.
Result<void> GroupCommit::settle(const AppendRequest& request, Writes& writes) {
  if (request.append.settled.empty()) return {};
  const auto counts = waiting_in(request.workspace);
  if (!counts) return std::unexpected(counts.error());
  for (const auto& [object, number] : request.append.settled)
    if ((*counts)->remove(object, number))
      writes.remove(Family::kMeta, waiting_key(request.workspace, object, number));
  return {};
}

}  // namespace syncline::store
