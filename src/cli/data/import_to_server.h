// Sends a bundle to a server, which verifies and appends it: `syncline import --server`.
#pragma once

#include <cstdint>
#include <string>

#include "cli/console.h"
#include "log/bundle.h"
#include "syncline/error.h"

namespace syncline::cli {

struct ServerImport {
  std::string url;
  std::string token;  // may be empty
  std::string file;   // a bundle that was verified
  std::string workspace;
  log::BundleHeader header;  // of the file
  bool dry_run = false;      // only ask whether the import is possible
  bool restart = false;      // discard what the server has received of another file
};

// Sends what the server does not have yet, and waits until everything is imported. Repeats requests
// as often as necessary. Returns the number of events that the workspace had before: none or all.
// Gives up if the server cannot be reached for half a minute; another call continues the import.
//   kConflict  the workspace exists, or another file is on its way into it
Result<std::uint64_t> import_to_server(const ServerImport& wish, Console& console);

}  // namespace syncline::cli
