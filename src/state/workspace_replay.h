// The state of a workspace at a position: page by page, every object that had events by then.
//
// Thread-safety: one loop. An object that cannot be replayed because one of its events is damaged
// is listed as unreadable, and the others are returned. Other errors are those of replay_object.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "state/deletions_view.h"
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
  std::size_t processed = 0;  // ids, also of objects that did not exist then
  MemoryCharge charge = {};   // of what is shown, and of the answer that is made of it
  std::string next;           // continue after this id; "": this was the last page
};

// A page ends with the object with which it has so many bytes of JSON.
inline constexpr std::size_t kPageBytes = std::size_t{4} << 20;

// Ids that begin with `prefix`, greater than `after`. Processes at most `limit` of them, and fewer if
// their states are large: a page has less than 16 MiB of JSON more than `page_bytes`. An object with more than
// 16 MiB is listed as unreadable.
// Objects that `deletions` says are gone at that moment are left out; nullptr: nothing was deleted.
void replay_workspace(const ReplaySources& sources, std::string workspace, std::string prefix,
                      std::string after, std::size_t limit, log::Position at,
                      log::Done<ObjectPage> done, std::size_t page_bytes = kPageBytes,
                      SharedDeletions deletions = nullptr);

}  // namespace syncline::state
