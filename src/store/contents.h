// What stands under the store's keys: docs/formats/log.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/event_log.h"
#include "log/pin_store.h"
#include "log/snapshot_store.h"
#include "log/statement.h"
#include "store/keys.h"
#include "store/tables.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::store {

// The number of a workspace, nullopt where there is none.
Result<std::optional<WorkspaceId>> find_workspace(const Tables& tables, std::string_view name);

// Where a workspace's log ends: its last event, decoded and checked.
Result<log::Head> stored_head(const Tables& tables, std::string_view name, WorkspaceId id);

// The value of a snapshot: version, CRC-32C of the key, the version and what follows, bytes since the
// last milestone, of a delta the position of its base, the generation and the type's name, then the
// state or the delta.
struct KeptSnapshot {
  ByteView bytes;  // into the value
  std::uint64_t bytes_since_milestone = 0;
  log::Position base = 0;        // 0: a whole state
  std::string_view type = {};    // into the value; empty: not recorded
  std::uint64_t generation = 0;  // 0: not recorded

  bool milestone() const { return bytes_since_milestone == 0; }
};
std::string encode_snapshot(std::string_view key, const log::Snapshot& snapshot);
// nullopt: damaged.
std::optional<KeptSnapshot> decode_snapshot(std::string_view key, std::string_view value);
// Tells which snapshots can be used, when shown all of a family in the order of its keys.
class MilestonesSeen {
 public:
  // Intact, and so is what it extends. `kept` is what its value holds.
  bool usable(const ObjectKey& key, const std::optional<KeptSnapshot>& kept);

 private:
  std::string object_;  // and workspace: the key as far as that
  std::vector<log::Position> milestones_;
};

// What the value says that it extends, without a look at its checksum; 0: nothing.
log::Position snapshot_base(std::string_view value);
// The bytes of the intact milestone that stands there; nullopt: there is none.
Result<std::optional<Bytes>> stored_milestone(const Tables& tables, std::string_view key);

std::string encode_pin(const log::Pin& pin);
Result<log::Pin> decode_pin(std::string_view name, std::string_view value);

// A signed checkpoint as it is kept: its size (8), the note.
struct KeptCheckpoint {
  std::uint64_t size = 0;
  std::string note;
};
std::string encode_checkpoint(const KeptCheckpoint& checkpoint);
Result<std::optional<KeptCheckpoint>> kept_checkpoint(const Tables& tables, WorkspaceId id);

// How many events repairs kept of the log, at the least (8); 0: there was none, or none was lost.
std::string encode_cut(log::Position kept);
Result<log::Position> kept_cut(const Tables& tables, WorkspaceId id);

// The highest epoch of an append (8); 0: none had one.
std::string encode_epoch(std::uint64_t epoch);
Result<std::uint64_t> kept_epoch(const Tables& tables, WorkspaceId id);

// How far the log of a region was taken over (8); 0: not at all.
std::string encode_ingested(log::Position position);
Result<log::Position> kept_ingested(const Tables& tables, WorkspaceId id, std::string_view region);

// What former keepers signed of an imported log, by size: the statement as text, under the first 8
// bytes of its SHA-256.
std::string kept_origin_key(WorkspaceId id, std::string_view statement);
Result<std::vector<log::Statement>> kept_origins(const Tables& tables, WorkspaceId id);

}  // namespace syncline::store
