// A bundle sent to a server, which verifies and appends it: `syncline import --server`.
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
  std::string file;   // was verified
  std::string workspace;
  log::BundleHeader header;  // of the file
  bool dry_run = false;      // only asks whether it could be
  bool restart = false;      // gives up what the server has of another file
};

// Sends what the server does not have yet, as often as it must, and waits until all is imported.
// Gives the events that were there before: none, or all. A server that cannot be
// reached for half a minute ends it; the same call goes on later.
//   kConflict  the workspace exists, or another file is on its way into it
Result<std::uint64_t> import_to_server(const ServerImport& wish, Console& console);

}  // namespace syncline::cli
