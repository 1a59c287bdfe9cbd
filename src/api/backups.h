// Backups of the whole server, as the API requests them.
#pragma once

#include <cstdint>
#include <string>

#include "log/event_log.h"

namespace syncline::api {

struct BackupReport {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t workspaces = 0;
  bool signing_key = false;  // the backup contains it
};

class Backups {
 public:
  virtual ~Backups() = default;

  // Writes a backup with that name, on request with the signing key. May be called on any loop.
  // `done` is called on any thread, or at once with a refusal.
  //   kInvalid   the server has no directory for backups, or the name is bad (log::is_pin_name)
  //   kConflict  a backup is being written, or one with this name exists
  virtual void start(const std::string& name, bool signing_key, log::Done<BackupReport> done) = 0;
};

}  // namespace syncline::api
