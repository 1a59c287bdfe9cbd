// Applies a workspace's retention rule (log/retention.h), a bounded piece at a time.
//
// One turn does the following. It raises the floor to the position that the rule gives, and takes
// the next events below it. It ensures that each of their objects has the required milestones, by
// replaying it to the floor and to each pin below the floor. Then it asks the log to drop the
// payloads. After a crash, the next turn continues: nothing is dropped before what replaces it is
// durable, and the log itself checks this.
//
// An object that cannot be replayed, because an event of it is damaged or cannot be applied, keeps
// its payloads, and the turn continues without it. If reading fails for another reason, such as a
// disk that does not answer, the turn fails, and the next one tries the same again.
//
// Thread-safety: one loop. Cost of a turn: reading at most `max_events` records, and for each of
// their objects one replay per required milestone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "log/log_backend.h"
#include "state/object_replay.h"

namespace syncline::state {

struct RetentionTurn {
  log::Position floor = 0;
  log::Position swept_to = 0;
  std::uint64_t events = 0;  // whose payloads were dropped
  std::uint64_t bytes = 0;
  std::uint64_t changes_bytes = 0;      // of the changes in them
  std::uint64_t snapshots = 0;          // milestones that were made
  std::uint64_t dropped_snapshots = 0;  // snapshots that were dropped
  std::vector<std::string> unreadable;  // objects that keep their payloads
  bool done = true;                     // true: nothing is left to do
};

// The floor if the rule were applied at that time; under a hold, the present floor.
// A rule that looks at the time has a worker search, as for other moments, because that reads whole events: what it
// reads is charged (state/job_reads.h).
void find_floor(const ReplaySources& sources, std::string workspace, std::uint64_t unix_ms,
                log::Done<log::Position> done);

// kForbidden under a legal hold.
void retain(const ReplaySources& sources, std::string workspace, std::uint64_t unix_ms,
            std::size_t max_events, log::Done<RetentionTurn> done);

}  // namespace syncline::state
