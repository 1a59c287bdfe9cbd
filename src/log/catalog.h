// Catalog: the names of the workspaces in a store, and of the objects in a workspace, page by page.
//
// Threads, ownership and answers: see log/event_log.h, which applies to the whole store.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "log/done.h"

namespace syncline::log {

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
};

}  // namespace syncline::log
