// Carrying out a workspace's retention (log/retention.h), a bounded piece at a time.
//
// One turn raises the floor to where the rule says, takes the next events below it, sees to it that
// each of their objects has the milestones that must stand (replaying it to the floor and to each pin
// below it), and has the log drop the payloads. What a crash interrupts is taken up by the next turn:
// nothing is dropped before what replaces it is durable, and the log itself insists on that.
//
// An object that cannot be replayed, because an event of it is damaged or cannot be applied, keeps
// its payloads; the turn goes on without it. Where reading failed for another reason, such as a disk
// that does not answer, the turn fails, and the next one tries the same again.
//
// Thread-safety: one loop. Cost of a turn: reading at most `max_events` records, and for each of their
// objects a replay for each moment that must stand.
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
  std::uint64_t events = 0;  // whose payload was dropped
  std::uint64_t bytes = 0;
  std::uint64_t snapshots = 0;          // that were made
  std::uint64_t dropped_snapshots = 0;  // that these stand for
  std::vector<std::string> unreadable;  // objects that keep their payloads
  bool done = true;                     // nothing is left to do
};

// Where the floor would be if the rule were carried out at that time; as it is under a hold.
void find_floor(log::LoopStore& store, std::string workspace, std::uint64_t unix_ms,
                log::Done<log::Position> done);

// kForbidden under a legal hold.
void retain(const ReplaySources& sources, std::string workspace, std::uint64_t unix_ms,
            std::size_t max_events, log::Done<RetentionTurn> done);

}  // namespace syncline::state
