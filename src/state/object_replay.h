// An object as it was at a position: the nearest snapshot at or before it, and the events behind
// that, replayed. What is loaded into memory and what is shown of the past are made by this alone.
//
// The result depends on the log only: snapshots shorten the way. One that is damaged, or does not
// restore, is passed over, and what is replayed instead goes through its position, so that a
// milestone is made anew there.
//
// Spacing. A milestone is due when the object's records since the last one weigh as much as the
// newest snapshot, and at least `min_bytes` (milestone_due). With L the bytes in between, the newest
// snapshot then has at most L bytes, what came since adds at most L, so a milestone has at most 2 L:
// all of an object's milestones together stay under twice its share of the log. And the replay to
// any position reads at most what one snapshot weighs, or min_bytes: for 10^6 keystrokes in a text
// a few thousand events. Both are measured in tests/workspace/history_test.cpp and docs/history.md.
//
// Events are read ahead: while a snapshot is restored or events are applied, the next are on the way.
//
// Thread-safety: one loop. Errors: those of reading; kCorrupt, naming the position, for an event
// that cannot be applied. Where an event is at fault, which one is found out: moments before it can
// be had.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "log/log_backend.h"
#include "merge/object.h"
#include "merge/type_registry.h"

namespace syncline::state {

inline constexpr std::size_t kMilestoneMinBytes = std::size_t{64} << 10;

inline bool milestone_due(std::uint64_t bytes_since_milestone, std::uint64_t snapshot_bytes,
                          std::size_t min_bytes = kMilestoneMinBytes) {
  return bytes_since_milestone >= min_bytes && bytes_since_milestone >= snapshot_bytes;
}

struct ReplayedObject {
  // Never null. Without events: empty, of the default type (merge::TypeRegistry).
  std::unique_ptr<merge::Object> object;
  std::uint64_t generation = 0;         // 0: there are no events
  log::Position position = 0;           // of its last event
  log::Position snapshot_position = 0;  // where the replay began; 0: from nothing
  std::uint64_t snapshot_bytes = 0;     // of a delta, with those of what it extends
  // Where the object is marked for deltas (merge::Object::mark): the milestone behind it, 0 if that
  // is not known, and its bytes.
  log::Position base = 0;
  std::uint64_t base_bytes = 0;
  std::uint64_t bytes_since_milestone = 0;  // of records
  std::uint32_t replayed_events = 0;
  bool damaged_snapshot = false;  // one was passed over
};

// Why an object cannot be had.
struct ReplayFailure {
  Error error;
  log::Position position = 0;  // of the event at fault; 0: none is, or that is not known
};
// kUnsupported with position 0: this build does not know the type of the object. Nothing is damaged.
using Replayed = std::expected<ReplayedObject, ReplayFailure>;

// What a replay reads, and the types of the objects. All outlive the answer, or are destroyed with it
// unanswered.
struct ReplaySources {
  ReplaySources(log::LoopStore& loop_store, const merge::TypeRegistry& known_types)
      : store(loop_store),
        events(store.events()),
        snapshots(store.snapshots()),
        retention(store.retention()),
        types(known_types) {}

  log::LoopStore& store;
  log::EventLog& events;
  log::SnapshotStore& snapshots;   // damaged milestones are put anew
  log::RetentionStore& retention;  // where the history begins
  const merge::TypeRegistry& types;
};

void try_replay(const ReplaySources& sources, std::string workspace, std::string object,
                log::Position at, std::move_only_function<void(Replayed)> done);

// The same for who only wants to know that it failed.
void replay_object(const ReplaySources& sources, std::string workspace, std::string object,
                   log::Position at, log::Done<ReplayedObject> done);

}  // namespace syncline::state
