// The state of an object at a position: the nearest snapshot at or before it, and the events after
// the snapshot, replayed. Both loading into memory and reading the past use only this code.
//
// The result depends only on the log; snapshots only make the replay shorter. A damaged snapshot,
// or one that cannot be restored, is skipped. The replay then passes its position and makes the
// milestone there again.
//
// Spacing. A milestone is due when the object's records since the last one are as large as the
// newest snapshot, and at least `min_bytes` (milestone_due). Let L be the bytes between two
// milestones. Then the newest snapshot has at most L bytes, and the changes since then add at most
// L, so a milestone has at most 2 L. So all milestones of an object together are smaller than twice
// its part of the log. And a replay to any position reads at most the size of one snapshot, or
// min_bytes; for 10^6 keystrokes in a text this is a few thousand events.
// tests/workspace/history_test.cpp and docs/history.md measure both.
//
// Events are read ahead: while a snapshot is being restored or events are being applied, the next
// ones are already requested.
//
// A replay that finds more to restore or to apply than a loop should do (LoopShare) goes on on a
// worker, with the sources of that worker, and answers on its own loop.
//
// Events that cost too much. A worker first asks what an event may cost. If one may take more than
// `most_steps`, or all costly events of a replay kReplayedAtMost times as many, the event counts as one that
// cannot be applied: so nobody keeps a worker busy for long with an object that is stored already. An event is
// costly if it may take more than a kCostlyPart of `most_steps`: of others the sum would say little, because the
// steps of an event may be far fewer than it may take. After a load that took many steps, the state is stored, and the
// next load takes few.
//
// Thread-safety: one loop. Errors: those of reading; kCorrupt, with the position, for an event that
// cannot be applied. If an event is at fault, the replay finds out which one, because earlier
// moments can still be rebuilt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/memory_cell.h"
#include "log/log_backend.h"
#include "merge/object.h"
#include "merge/type_registry.h"
#include "state/jobs.h"

namespace syncline::state {

inline constexpr std::size_t kMilestoneMinBytes = std::size_t{64} << 10;

inline constexpr std::uint64_t kReplayedAtMost = 8;
inline constexpr std::uint64_t kCostlyPart = 64;

inline bool milestone_due(std::uint64_t bytes_since_milestone, std::uint64_t snapshot_bytes,
                          std::size_t min_bytes = kMilestoneMinBytes) {
  return bytes_since_milestone >= min_bytes && bytes_since_milestone >= snapshot_bytes;
}

struct ReplayedObject {
  // Never null. Without events: empty, of the default type (merge::TypeRegistry).
  std::unique_ptr<merge::Object> object;
  std::uint64_t generation = 0;         // 0: there are no events
  log::Position position = 0;           // of its last event
  log::Position snapshot_position = 0;  // where the replay began; 0: at the beginning
  std::uint64_t snapshot_bytes = 0;     // for a delta, including its base
  // Where the object is marked for deltas (merge::SnapshotDeltas::mark): the milestone at that
  // mark, and its bytes; 0 if it is unknown.
  log::Position base = 0;
  std::uint64_t base_bytes = 0;
  std::uint64_t bytes_since_milestone = 0;  // of records
  std::uint32_t replayed_events = 0;
  bool damaged_snapshot = false;  // a damaged one was skipped
  // Its last event is of a generation that is erased (log/deletion_rules.h): the object is empty, whatever it was.
  bool erased = false;
  MemoryCharge charge = {};       // of the object, while a job has it (state/job_room.h)
};

// The reason why an object cannot be rebuilt.
struct ReplayFailure {
  Error error;
  log::Position position = 0;  // of the event at fault; 0: no event, or unknown
};
// kUnsupported with position 0: this build does not know the type of the object. This is not
// damage.
using Replayed = std::expected<ReplayedObject, ReplayFailure>;

class AuthorIndexes;
class JobRoom;

// What a replay reads, and the types of the objects. All must outlive the answer, or be destroyed
// together with it; then there is no answer.
struct ReplaySources {
  ReplaySources(log::LoopStore& loop_store, const merge::TypeRegistry& known_types,
                std::optional<OffLoop> elsewhere = std::nullopt)
      : store(loop_store),
        events(store.events()),
        snapshots(store.snapshots()),
        retention(store.retention()),
        types(known_types),
        off_loop(elsewhere),
        most_steps(elsewhere ? elsewhere->share.most_steps : LoopShare{}.most_steps) {}

  // The same, of which events are read through another interface to the log of that store.
  ReplaySources(const ReplaySources& other, log::EventLog& reads)
      : store(other.store),
        events(reads),
        snapshots(other.snapshots),
        retention(other.retention),
        types(other.types),
        off_loop(other.off_loop),
        most_steps(other.most_steps),
        authors(other.authors),
        room(other.room) {}

  log::LoopStore& store;
  log::EventLog& events;
  log::SnapshotStore& snapshots;   // damaged milestones are written again
  log::RetentionStore& retention;  // where the history begins
  const merge::TypeRegistry& types;
  // Where long replays go on. nullopt: they run here, however long they take.
  std::optional<OffLoop> off_loop;
  std::uint64_t most_steps;  // LoopShare::most_steps
  // Kept indexes for attribution; nullptr: none are kept.
  AuthorIndexes* authors = nullptr;
  // The memory of the job that replays; nullptr: nobody is charged.
  JobRoom* room = nullptr;
};

void try_replay(const ReplaySources& sources, std::string workspace, std::string object,
                log::Position at, std::move_only_function<void(Replayed)> done);

// For somebody who shows the object next: as JSON, for example, of which there are two copies of its content on
// the way. A job waits for memory for them, too.
void want_shown(const ReplaySources& sources, ReplayedObject replayed,
                log::Done<ReplayedObject> done);
void replay_to_show(const ReplaySources& sources, std::string workspace, std::string object,
                    log::Position at, log::Done<ReplayedObject> done);

// The same as try_replay() for callers that need only the error.
void replay_object(const ReplaySources& sources, std::string workspace, std::string object,
                   log::Position at, log::Done<ReplayedObject> done);

}  // namespace syncline::state
