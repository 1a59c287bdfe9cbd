// The retention of a workspace at a time: its settings, the position that the rule gives, and the
// end of its record. Thread-safety: one loop.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "log/log_backend.h"
#include "state/object_replay.h"

namespace syncline::state {

inline constexpr std::size_t kRecordShown = 100;

struct RetentionView {
  log::Retention retention;
  log::Position rule_says = 0;
  std::vector<log::RetentionRecord> record;  // the newest last
};

// kNotFound if there is no such workspace.
void view_retention(const ReplaySources& sources, std::string workspace, std::uint64_t unix_ms,
                    log::Done<RetentionView> done);

}  // namespace syncline::state
