// What a backup or an export still holds although it was deleted: whoever restores or imports it brings it back.
//
// What a backup knows to be deleted is not among it: a server over the restored directory goes on to erase that.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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

// What was deleted in a workspace.
struct Deletions {
  struct Ended {
    std::uint64_t generation = 0;
    bool erased = false;
  };
  std::uint64_t generation = 1;                               // of the workspace
  std::optional<bool> erased;                                 // nullopt: the workspace is there
  std::map<std::string, Ended, std::less<>> objects;          // the last generation that has ended
  std::map<std::string, std::string, std::less<>> redirects;  // earlier names, and where they lead

  std::uint64_t present(const std::string& object) const;
  // The deletion of what had that name in that generation, perhaps under a later name; nullptr: it is not known to be deleted.
  const Ended* deletion_of(const std::string& object, std::uint64_t generation) const;
};

Result<Deletions> read_deletions(Api& api, const std::string& workspace);

// What an export holds. Its deletions are among its events.
struct ExportLeftovers {
  std::string workspace;
  std::uint64_t objects = 0;    // that are there
  std::vector<Leftover> known;  // deleted before the export was made, and their content is in it
  std::vector<Leftover> since;  // deleted on the server since
};

// `server`: compared with it; nullptr: with none. Errors: those of reading the file; kMalformed: its events contradict each other.
Result<ExportLeftovers> find_leftovers_of_export(const std::string& file, Api* server);

// Compares the backup with what was deleted on the server that it was made of. By workspace and object.
Result<std::vector<Leftover>> find_leftovers(Api& backup, Api& server);

}  // namespace syncline::cli
