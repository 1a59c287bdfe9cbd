// Catalog: the names of the workspaces in a store, and of the objects in a workspace, page by page.
//
// Threads, ownership and answers: see log/event_log.h, which applies to the whole store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "log/done.h"
#include "log/event.h"

namespace syncline::log {

// What is known of an object without its state.
struct ObjectHead {
  std::string object;
  Event last;  // its last event, without the payload; position 0: that event cannot be read
  // Of its newest snapshot and of the changes after it, as stored. The first kCountedChanges of those are counted. An
  // object that is in use may have more; a snapshot is due before they are larger than the object.
  std::uint64_t bytes = 0;
};

struct ObjectHeads {
  std::vector<ObjectHead> heads;
  bool more = false;  // there may be others behind the last one
};

class Catalog {
 public:
  virtual ~Catalog() = default;

  // Up to `limit` names in byte order, greater than `after` ("" for the first).
  virtual void list_workspaces(std::string after, std::size_t limit,
                               Done<std::vector<std::string>> done) = 0;

  // Ids of objects that have events and begin with `prefix`; otherwise the same. System objects
  // (log/rules.h) are among them only if the prefix begins as their names do.
  virtual void list_objects(std::string workspace, std::string prefix, std::string after,
                            std::size_t limit, Done<std::vector<std::string>> done) = 0;

  // The same objects, with what is known of them. Nothing of this is stored for it: the store reads the last event of each
  // object, the entry of its newest snapshot, and the first kCountedChanges events after that. A page ends early
  // when kHeadBytes were read for it, and has one object at least.
  static constexpr std::size_t kCountedChanges = 64;
  static constexpr std::size_t kHeadBytes = std::size_t{8} << 20;
  virtual void list_heads(std::string workspace, std::string prefix, std::string after,
                          std::size_t limit, Done<ObjectHeads> done) = 0;
};

}  // namespace syncline::log
