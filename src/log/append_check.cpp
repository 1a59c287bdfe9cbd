#include "log/append_check.h"

#include <fmt/format.h>

#include "base/byte_reader.h"

namespace syncline::log {

Result<void> check_append(std::string_view workspace, std::span<const EncodedEvent> events,
                          Position expected_last_position) {
  if (auto ok = check_workspace_name(workspace); !ok) return ok;
  if (events.empty()) return fail(ErrorCode::kInvalid, "append without events");
  Position last = expected_last_position;
  const Hash256* last_hash = nullptr;
  GroupCheck groups;
  std::size_t group_bytes = 0;
  for (const EncodedEvent& event : events) {
    if (auto ok = check_object_id(event.object); !ok) return ok;
    if (event.position != last + 1)
      return fail(ErrorCode::kInvalid, fmt::format("append to {}: position {} does not follow {}",
                                                   workspace, event.position, last));
    if (last_hash != nullptr && event.previous_hash != *last_hash)
      return fail(ErrorCode::kInvalid, fmt::format("append to {}: event {} is not chained to {}",
                                                   workspace, event.position, last));
    if (auto ok = groups.take(event.position, event.group); !ok)
      return fail(ErrorCode::kInvalid,
                  fmt::format("append to {}: {}", workspace, ok.error().message));
    group_bytes = event.group.index == 0 ? event.record.size() : group_bytes + event.record.size();
    if (event.group.size > 0 && group_bytes > kMaxGroupBytes)
      return fail(ErrorCode::kTooLarge, fmt::format("append to {}: a group of more than {} bytes",
                                                    workspace, kMaxGroupBytes));
    last = event.position;
    last_hash = &event.hash;
  }
  if (!groups.open()) return {};
  return fail(ErrorCode::kInvalid, fmt::format("append to {}: a group is not whole", workspace));
}

Result<void> check_follows(std::string_view workspace, std::span<const EncodedEvent> events,
                           const Head& head) {
  const Position expected = events.front().position - 1;
  if (expected != head.last_position)
    return fail(ErrorCode::kConflict, fmt::format("append to {} after {}, but its log ends at {}",
                                                  workspace, expected, head.last_position));
  if (events.front().previous_hash != head.last_hash)
    return fail(ErrorCode::kConflict,
                fmt::format("append to {} at {}: the stored log has another history", workspace,
                            events.front().position));
  return {};
}

Result<void> check_snapshot(const Snapshot& snapshot) {
  if (snapshot.bytes.size() > kMaxSnapshotBytes)
    return fail(ErrorCode::kTooLarge, "snapshot too large");
  if (snapshot.type.size() > kMaxTypeBytes || snapshot.generation > kMaxSafeInteger)
    return fail(ErrorCode::kInvalid, "snapshot of a type or a generation that cannot be");
  if (snapshot.base == 0) return {};
  if (snapshot.base < snapshot.position && snapshot.bytes_since_milestone > 0) return {};
  return fail(ErrorCode::kInvalid, fmt::format("a snapshot at {} cannot extend one at {}",
                                               snapshot.position, snapshot.base));
}

Result<void> check_base(std::string_view workspace, std::string_view object,
                        const Snapshot& snapshot, Position newest) {
  if (snapshot.base == 0 || snapshot.base == newest) return {};
  return fail(ErrorCode::kConflict,
              fmt::format("snapshot of {}/{} at {} extends the one at {}, but the newest is at {}",
                          workspace, object, snapshot.position, snapshot.base, newest));
}

Head head_after(std::span<const EncodedEvent> events) {
  return {events.back().position, events.back().hash, events.back().hlc, events.back().era};
}

}  // namespace syncline::log
