// SnapshotStore: states of objects, stored next to the log, so that it need not be replayed from
// the start.
//
// A snapshot is the state after an event. Milestones stay. An object has at most one other
// snapshot, which the next one replaces (state/object_replay.h decides which is which). A snapshot
// may be a delta: the changes since a milestone. Above the floor of retention, snapshots are a
// cache: they may be lost, and the state is then replayed from events. Below the floor, the
// milestones are the only copy of dropped content, and only RetentionStore::drop_payloads() removes
// any, intact or not.
//
// A large snapshot is stored apart from the log, so no append waits for it. It is durable when it is
// answered. A store may notice damage to its content only when it reads it: until then, a damaged
// milestone counts as one, and what extends it is accepted, and counts as damaged when it is read.
//
// A snapshot names its type. The store does not need to know that type.
//
// Threads, ownership and answers: see log/event_log.h, which applies to the whole store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "log/done.h"
#include "log/event.h"
#include "syncline/bytes.h"

namespace syncline::log {

struct Snapshot {
  Position position = 0;  // the state after this event
  Bytes bytes;            // the state; with `base`, the changes since it (merge::Object::extend)
  // The size of the object's records since its last milestone. 0: this is a milestone, which stays
  // when newer snapshots come. The next snapshot replaces one that is not a milestone.
  std::uint64_t bytes_since_milestone = 0;
  // From load_snapshot only: the newest damaged snapshot that was skipped; 0 if none was.
  Position damaged = 0;
  // For a delta: the milestone that it extends, which is the newest at or before it. 0: this is a
  // whole state.
  Position base = 0;
  Bytes base_bytes = {};  // from load_snapshot only: that milestone
  // The name of the state's type, and the generation of the object. Empty and 0 if they were not
  // recorded (before version 0.2).
  std::string type = {};
  std::uint64_t generation = 0;
};

// Names that begin with this are not objects. A snapshot of such a name is an index over the events of an object
// (state/author_store.h), and may be at any position.
inline constexpr std::string_view kAuthorsPrefix = "./authors/";

inline constexpr std::size_t kMaxSnapshotBytes = std::size_t{256} << 20;

class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;

  // Stores the state of an object. A milestone is added to the others. Any other snapshot replaces
  // the last one that is not a milestone; it is ignored, with success, if a newer one or a
  // milestone at its position is stored. A delta counts only as long as its base is stored and
  // intact.
  //   kInvalid   the position is after the end of the log; a milestone that is a delta; or a delta
  //              whose base is not before it
  //   kConflict  the base of a delta is not the newest intact milestone at or before it
  //   kTooLarge  over kMaxSnapshotBytes
  //   kUnavailable  the disk is full, or too many large snapshots wait to be stored
  virtual void put_snapshot(std::string workspace, std::string object, Snapshot snapshot,
                            Done<void> done) = 0;

  // The newest snapshot at or before `at` whose checksum is right, for a delta together with its
  // base; or nothing. A delta whose base is damaged or missing counts as damaged. kCorrupt: all
  // stored snapshots there are damaged. Then rebuild from the log. The next stored snapshot
  // replaces those that are no milestones, and a milestone the one at its position.
  virtual void load_snapshot(std::string workspace, std::string object, Position at,
                             Done<std::optional<Snapshot>> done) = 0;

  // How many bytes load_snapshot() would read, without reading the content of a large one; 0: nothing is
  // stored there. An estimate: a damaged snapshot counts like an intact one.
  virtual void measure_snapshot(std::string workspace, std::string object, Position at,
                                Done<std::uint64_t> done) = 0;
};

}  // namespace syncline::log
