// The state of a workspace at a position: page by page, every object that had events by then.
//
// Thread-safety: one loop. An object that cannot be replayed because one of its events is damaged
// is listed as unreadable, and the others are returned. Other errors are those of replay_object.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "state/object_replay.h"

namespace syncline::state {

struct ObjectAt {
  std::string id;
  log::Position position = 0;  // of its last event at that moment
  std::string json;            // all roots
};

struct UnreadableObject {
  std::string id;
  Error error;
};

struct ObjectPage {
  std::vector<ObjectAt> objects;
  std::vector<UnreadableObject> unreadable;
  MemoryCharge charge = {};  // of what is shown, and of the answer that is made of it
  std::string next;          // continue after this id; "": this was the last page
};

// Ids that begin with `prefix`, greater than `after`. Processes at most `limit` of them, and fewer if
// their states are large: a page has less than 20 MiB of JSON. An object with more than 16 MiB is
// listed as unreadable.
void replay_workspace(const ReplaySources& sources, std::string workspace, std::string prefix,
                      std::string after, std::size_t limit, log::Position at,
                      log::Done<ObjectPage> done);

}  // namespace syncline::state
