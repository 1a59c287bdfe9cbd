// LeafCheck: checks that an event that was read is the one that the log contains.
//
// A record with a correct checksum may still belong to another place, be an older copy, or be
// forged. So its hash is compared with the workspace's Merkle tree (store/tree.h), for which
// checkpoints are signed. If the tile with its leaf is full, the hash is compared with the leaf;
// this takes one read for up to 256 events. Otherwise it is compared with the hash in the next
// event. If the next event is checked as well, nothing more is read for this; otherwise its record
// is read for its checksum and its link only. Nothing confirms the last event of a log.
//
// Thread-safety: none per object.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "log/event.h"
#include "store/keys.h"
#include "store/tables.h"

namespace syncline::store {

class LeafCheck {
 public:
  // Both must outlive it.
  LeafCheck(const Tables& tables, std::string_view workspace, WorkspaceId id)
      : tables_(tables), workspace_(workspace), id_(id) {}

  // Checks events in ascending order. kCorrupt, with the position, if this event or the one before
  // it is not the right one.
  Result<void> check(const log::Event& event);

  // Must be called after the last event. It may still fail for that event.
  Result<void> finish();

  // Checks only the leaf. For callers that verify the hash chain themselves.
  Result<void> check_leaf(const log::Event& event);

 private:
  Result<void> load_tile(std::uint64_t tile);
  bool has_leaf(log::Position position) const;
  Result<void> check_last(const log::EventLink& next);

  const Tables& tables_;
  const std::string_view workspace_;
  const WorkspaceId id_;
  std::optional<std::uint64_t> tile_;  // the tile in hashes_
  std::string hashes_;                 // empty: the tile is not full, or damaged
  struct Unproved {
    log::Position position = 0;
    Hash256 hash{};
  };
  std::optional<Unproved> last_;    // the last event, if it has no leaf to compare with
  std::unique_ptr<Cursor> cursor_;  // over the events; created when it is needed
};

}  // namespace syncline::store
