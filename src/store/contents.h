// The values in the store, by key: docs/formats/log.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/event_log.h"
#include "log/pin_store.h"
#include "log/snapshot_store.h"
#include "log/statement.h"
#include "store/blobs.h"
#include "store/keys.h"
#include "store/tables.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::store {

// The id of a workspace; nullopt if it does not exist.
Result<std::optional<WorkspaceId>> find_workspace(const Tables& tables, std::string_view name);

// The end of a workspace's log: its last event, decoded and checked.
Result<log::Head> stored_head(const Tables& tables, std::string_view name, WorkspaceId id);

// The value of a snapshot: the version; a CRC-32C of the key, the version and everything after the
// CRC; the bytes since the last milestone; for a delta, the position of its base; the generation
// and the name of the type; then the state or the delta. If that is stored apart (store/blobs.h),
// the value is an entry: it holds the position of the base in every case (0: a whole state), and the
// size and the name of the blob at its end.
struct ApartContent {
  BlobName name{};
  std::uint64_t size = 0;

  bool operator==(const ApartContent&) const = default;
};
struct KeptSnapshot {
  ByteView bytes;  // refers to the value; empty if the content is apart
  std::uint64_t bytes_since_milestone = 0;
  log::Position base = 0;        // 0: a whole state
  std::string_view type = {};    // refers to the value; empty: not recorded
  std::uint64_t generation = 0;  // 0: not recorded
  std::optional<ApartContent> apart = {};

  bool milestone() const { return bytes_since_milestone == 0; }
};
std::string encode_snapshot(std::string_view key, const log::Snapshot& snapshot);
// The entry of a snapshot whose content is apart; `snapshot.bytes` is not used.
std::string encode_snapshot(std::string_view key, const log::Snapshot& snapshot,
                            const ApartContent& apart);
// nullopt if it is damaged.
std::optional<KeptSnapshot> decode_snapshot(std::string_view key, std::string_view value);
// The state or the delta of a snapshot; nullopt if it is apart, and missing there or damaged.
Result<std::optional<Bytes>> content_of(const Tables& tables, const KeptSnapshot& kept);
// Stages that the snapshot is removed. If its content is `apart`, adds the name to `released`: when
// the batch is committed, the blob may have no entry any more.
void remove_snapshot(Writes& writes, std::string_view key, const std::optional<ApartContent>& apart,
                     std::vector<BlobName>& released);
// Whether the entry of a snapshot names the blob. True also if an entry that should is damaged.
Result<bool> is_named(const Tables& tables, const BlobName& name);
// Removes every blob that no entry names, as far as that can be found out. To be called before the
// first write. Gives their number.
Result<std::size_t> remove_orphans(const Tables& tables, Blobs& blobs);
// Decides which snapshots are usable. It must be shown all snapshots of a family in the order of
// their keys.
class MilestonesSeen {
 public:
  // True if the snapshot and what it extends are intact. `kept` is its decoded value.
  bool usable(const ObjectKey& key, const std::optional<KeptSnapshot>& kept);

 private:
  std::string object_;  // with the workspace: the key up to the object
  std::vector<log::Position> milestones_;
};

// The base that the value names, without a check of the checksum; 0 for none.
log::Position snapshot_base(std::string_view value);

std::string encode_pin(const log::Pin& pin);
Result<log::Pin> decode_pin(std::string_view name, std::string_view value);

// The stored form of a signed checkpoint: its size (8), the note.
struct KeptCheckpoint {
  std::uint64_t size = 0;
  std::string note;
};
std::string encode_checkpoint(const KeptCheckpoint& checkpoint);
Result<std::optional<KeptCheckpoint>> kept_checkpoint(const Tables& tables, WorkspaceId id);

// How many events repairs kept of the log, at least (8); 0 if there was no repair, or no loss.
std::string encode_cut(log::Position kept);
Result<log::Position> kept_cut(const Tables& tables, WorkspaceId id);

// The highest epoch of an append (8); 0 if none had one.
std::string encode_epoch(std::uint64_t epoch);
Result<std::uint64_t> kept_epoch(const Tables& tables, WorkspaceId id);

// The position up to which the log of a region was taken over (8); 0 for not at all.
std::string encode_ingested(log::Position position);
Result<log::Position> kept_ingested(const Tables& tables, WorkspaceId id, std::string_view region);

// The statements of former keepers of an imported log, by size. A statement is stored as text,
// under the first 8 bytes of its SHA-256.
std::string kept_origin_key(WorkspaceId id, std::string_view statement);
Result<std::vector<log::Statement>> kept_origins(const Tables& tables, WorkspaceId id);

}  // namespace syncline::store
