// What stands under the store's keys: docs/formats/log.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "log/event.h"
#include "store/keys.h"
#include "store/tables.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::store {

// The number of a workspace, nullopt where there is none.
Result<std::optional<WorkspaceId>> find_workspace(const Tables& tables, std::string_view name);

// Where a workspace's log ends: its last event, decoded and checked.
Result<log::Head> stored_head(const Tables& tables, std::string_view name, WorkspaceId id);

// The value of a snapshot: version, CRC-32C of key and state, state.
std::string encode_snapshot(std::string_view key, ByteView state);
// nullopt: damaged. The view refers into `value`.
std::optional<ByteView> decode_snapshot(std::string_view key, std::string_view value);

// A signed checkpoint as it is kept: its size (8), the note.
struct KeptCheckpoint {
  std::uint64_t size = 0;
  std::string note;
};
std::string encode_checkpoint(const KeptCheckpoint& checkpoint);
Result<std::optional<KeptCheckpoint>> kept_checkpoint(const Tables& tables, WorkspaceId id);

}  // namespace syncline::store
