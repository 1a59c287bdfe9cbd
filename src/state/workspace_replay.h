// A workspace as it was at a position: page by page, every object that had events by then.
//
// Thread-safety: one loop. Errors: those of replay_object, of the first object that has one.
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

struct ObjectPage {
  std::vector<ObjectAt> objects;
  std::string next;  // go on after this id; "": this was the last page
};

// Ids that begin with `prefix`, greater than `after`; at most `limit` are looked at.
void replay_workspace(log::EventLog& log, std::string workspace, std::string prefix,
                      std::string after, std::size_t limit, log::Position at,
                      log::Done<ObjectPage> done);

}  // namespace syncline::state
