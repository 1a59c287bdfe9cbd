// What a backup still holds although it was deleted since: whoever restores the backup brings it back.
//
// What a backup knows to be deleted is not among it: a server over the restored directory goes on to erase that.
#pragma once

#include <string>
#include <vector>

#include "cli/data/api.h"
#include "syncline/error.h"

namespace syncline::cli {

struct Leftover {
  std::string workspace;
  std::string object;   // "": the whole workspace
  bool erased = false;  // or deleted, and it can be undeleted
};

// Compares the backup with what was deleted on the server that it was made of. By workspace and object.
Result<std::vector<Leftover>> find_leftovers(Api& backup, Api& server);

}  // namespace syncline::cli
