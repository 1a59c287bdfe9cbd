// What happened between two positions of a log: each event, and what it changed, as deltas of texts
// and lists and as keys of maps.
//
// An event stores what it touched (its effect), but not the content that was there. So the objects
// are rebuilt as of the beginning of the page (state/object_replay.h), and the events are applied
// to them under observation. Cost of a page: one replay per object in it, and for each event a walk
// over the types that it changed.
//
// These cannot be described:
// - an event whose payload retention has dropped;
// - later events of the same object up to the floor, if their payloads still exist because the
//   sweep is behind the floor;
// - the events of an object from where it cannot be replayed;
// - an event whose description would be larger than merge::kMaxToldBytes.
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
  std::string told;  // JSON: merge/doc_history.h; "null" if it cannot be described
};

struct ChangePage {
  std::vector<Change> changes;
  MemoryCharge charge = {};  // of it, and of the answer that is made of it
  log::Position next = 0;    // more may follow after this position; 0: nothing does
};

// The events after `after` up to `to`, of one object, or of all if `object` is "". A page ends
// after `limit` events, or earlier if its descriptions exceed merge::kMaxToldBytes; they then have
// less than twice that. It also ends before an event of a further object if those before are large.
void list_changes(const ReplaySources& sources, std::string workspace, std::string object,
                  log::Position after, log::Position to, std::size_t limit,
                  log::Done<ChangePage> done);

}  // namespace syncline::state
