// What has to be known of an object in quarantine to delete it, read from its events without carrying them out: that may cost
// too much (state/object_replay.h), which is why it is in quarantine.
//
// Thread-safety: one loop; with workers, one of them reads.
#pragma once

#include <memory>
#include <string>

#include "state/object_replay.h"
#include "syncline/bytes.h"

namespace syncline::state {

struct SetAside {
  std::unique_ptr<merge::Object>
      object;                    // as it was before the event at fault; of the present type
  std::uint64_t generation = 1;  // the present one
  log::Position position = 0;    // of its last event
  Bytes version;                 // of the state after that event; empty if it has none
};

// `at_fault`: the event for which it is in quarantine. Errors: those of reading; kCorrupt if an event is damaged; kTooLarge if
// the version is longer than a deletion can say.
void read_set_aside(const ReplaySources& sources, std::string workspace, std::string object,
                    log::Position at_fault, log::Done<SetAside> done);

}  // namespace syncline::state
