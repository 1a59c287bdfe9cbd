// Whether an event that was read is the one that the log holds.
//
// A record whose checksum is right may still be another's, an older copy, or written by somebody. So
// its hash is held against the workspace's Merkle tree (store/tree.h), of which checkpoints are
// signed: against its leaf, where the tile that has it is full, which is one read for up to 256
// events; else against what the next event says of the one before it. If that comes to be checked as
// well nothing more is read for it; else its record is, for its checksum and its link alone. The last
// event of a log has nobody who speaks for it.
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
  // Both outlive it.
  LeafCheck(const Tables& tables, std::string_view workspace, WorkspaceId id)
      : tables_(tables), workspace_(workspace), id_(id) {}

  // In ascending order. kCorrupt, naming the position: it is not, or the one before was not.
  Result<void> check(const log::Event& event);

  // After the last one: of that it may still turn out.
  Result<void> finish();

  // The same for who checks by himself that each event continues the one before.
  Result<void> check_leaf(const log::Event& event);

 private:
  Result<void> load_tile(std::uint64_t tile);
  bool has_leaf(log::Position position) const;
  Result<void> check_last(const log::EventLink& next);

  const Tables& tables_;
  const std::string_view workspace_;
  const WorkspaceId id_;
  std::optional<std::uint64_t> tile_;  // the one in hashes_
  std::string hashes_;                 // empty: it is not full, or not whole
  struct Unproved {
    log::Position position = 0;
    Hash256 hash{};
  };
  std::optional<Unproved> last_;    // checked last, and without a leaf
  std::unique_ptr<Cursor> cursor_;  // over the events; made when one is to be read
};

}  // namespace syncline::store
