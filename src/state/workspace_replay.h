// A workspace as it was at a position: page by page, every object that had events by then.
//
// Thread-safety: one loop. An object that cannot be replayed because an event of it is damaged is
// named, and the others are given; other errors are those of replay_object.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "state/object_replay.h"

namespace syncline::state {

struct ObjectAt {
  std::string id;
  log::Position position = 0;  // of its last event by then
  std::string json;            // all roots
};

struct UnreadableObject {
  std::string id;
  Error error;
};

struct ObjectPage {
  std::vector<ObjectAt> objects;
  std::vector<UnreadableObject> unreadable;
  std::string next;  // go on after this id; "": this was the last page
};

// Ids that begin with `prefix`, greater than `after`; at most `limit` are looked at.
void replay_workspace(const ReplaySources& sources, std::string workspace, std::string prefix,
                      std::string after, std::size_t limit, log::Position at,
                      log::Done<ObjectPage> done);

}  // namespace syncline::state
