// What happened between two positions of a log: each event, and what it changed, told as deltas of
// texts and lists and as keys of maps.
//
// An event keeps what it touched (its effect), not what stood there. So the objects in question are
// brought to where the page begins (state/object_replay.h) and the events applied to them, watched.
// Cost of a page: for each object in it one replay, for each event what a walk over the types that
// it changed costs.
//
// What cannot be told: an event whose payload retention dropped, those of the same object behind it up
// to the floor, whose payloads are still there while the floor is ahead of the sweep, those of an
// object from where it cannot be replayed, and one of which there would be more than
// merge::kMaxToldBytes.
//
// Thread-safety: one loop. Errors: those of replay_object.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "state/object_replay.h"

namespace syncline::state {

struct Change {
  log::Event event;
  std::string told;  // JSON: merge/doc_history.h; "null" where it cannot be told
};

struct ChangePage {
  std::vector<Change> changes;
  log::Position next = 0;  // there may be more after this position; 0: there are none
};

// The events after `after` up to `to`; of one object, or of all if `object` is "". A page ends after
// `limit` events, or earlier when what it tells grows past merge::kMaxToldBytes: it then has less than twice that.
void list_changes(const ReplaySources& sources, std::string workspace, std::string object,
                  log::Position after, log::Position to, std::size_t limit,
                  log::Done<ChangePage> done);

}  // namespace syncline::state
