// States of objects, kept beside the log so that nobody must replay it from the start.
//
// A snapshot is the state after an event. Milestones stay; of all others an object has one, which
// makes room for the next (state/object_replay.h says which are which). A snapshot may be a delta: what
// has changed since a milestone. Above the floor of retention snapshots are a cache: they may vanish,
// and the state is replayed from events. Below it the milestones are all that is left of what was
// dropped, and only RetentionStore::drop_payloads() removes any, intact or not.
//
// A snapshot names its type and says nothing about whether anybody knows that type.
//
// Threads, ownership and answers: as log/event_log.h says for all of a store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "log/done.h"
#include "log/event.h"
#include "syncline/bytes.h"

namespace syncline::log {

struct Snapshot {
  Position position = 0;  // the state after this event
  Bytes bytes;            // the state; with `base`, what changed since that (merge::Object::extend)
  // Of the object's records since its last milestone. 0: this one is a milestone, and stays when
  // newer ones come; others make room for the next.
  std::uint64_t bytes_since_milestone = 0;
  // From load_snapshot only: the newest damaged one that was passed over; 0: none was.
  Position damaged = 0;
  // Of a delta: the milestone that it extends, the newest at or before it. 0: this is a whole state.
  Position base = 0;
  Bytes base_bytes = {};  // from load_snapshot only: that milestone's
  // Of which type the state is, by name, and of which generation of the object. Empty and 0 where
  // that was not recorded (before version 0.2).
  std::string type = {};
  std::uint64_t generation = 0;
};

inline constexpr std::size_t kMaxSnapshotBytes = std::size_t{256} << 20;

class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;

  // Keeps the state of an object: a milestone beside those that are kept, any other in place of the
  // last that is no milestone. One that is no milestone is ignored, successfully, when a newer one or
  // a milestone at its position is kept. A delta counts only while its base is there and intact.
  //   kInvalid   the position is past the end of the log; a milestone that is a delta, or a delta of
  //              what is not before it
  //   kConflict  the newest intact milestone at or before a delta is not its base
  //   kTooLarge  over kMaxSnapshotBytes
  virtual void put_snapshot(std::string workspace, std::string object, Snapshot snapshot,
                            Done<void> done) = 0;

  // The newest snapshot at or before `at` that passes its checksum, a delta with its base, or
  // nothing. A delta whose base is damaged or gone is as good as damaged. kCorrupt: all that are kept
  // there are damaged; rebuild from the log, and what is put next replaces them.
  virtual void load_snapshot(std::string workspace, std::string object, Position at,
                             Done<std::optional<Snapshot>> done) = 0;
};

}  // namespace syncline::log
