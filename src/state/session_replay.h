// Whether the session records that events name (log/session_record.h) are there, and are those of the events' authors:
// found again from the log alone.
//
// Memory: 16 bytes for each session record of the workspace. Thread-safety: none.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "log/event.h"
#include "syncline/error.h"

namespace syncline::state {

class SessionReplay {
 public:
  // The workspace's next event. An error: this server never writes such an event.
  Result<void> take(const log::Event& event);

 private:
  std::vector<std::pair<log::Position, std::size_t>>
      records_;  // ascending; with a hash of the principal
};

}  // namespace syncline::state
