// Copies of the whole server, as the API asks for them.
#pragma once

#include <cstdint>
#include <string>

#include "log/event_log.h"

namespace syncline::api {

struct BackupReport {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t workspaces = 0;
  bool signing_key = false;  // is in it
};

class Backups {
 public:
  virtual ~Backups() = default;

  // Writes a backup of that name, with the signing key if wanted. From any loop; `done` is called on any thread, or
  // at once with a refusal.
  //   kInvalid   the server was started without a place for backups; a bad name (log::is_pin_name)
  //   kConflict  one is being written, or there is one of that name
  virtual void start(const std::string& name, bool signing_key, log::Done<BackupReport> done) = 0;
};

}  // namespace syncline::api
