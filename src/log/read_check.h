// EventReader: builds the answer of one EventLog::read. It decodes records, checks that they are
// the requested ones and that each continues the hash chain, and stops at the limits.
//
// For implementations of EventLog and for the verifier.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "log/event_log.h"

namespace syncline::log {

class EventReader {
 public:
  EventReader(std::string workspace, ReadLimits limits)
      : workspace_(std::move(workspace)), limits_(limits) {}

  // From here on, requires that positions follow `after` without a gap and that each event
  // continues the hash chain. `record` is the record at `after`, so that the first event is
  // checked, too; empty if `after` is 0.
  void expect_after(Position after, ByteView record);

  // Adds the record that is stored at `position`. False: stop, because the limits are reached (then
  // this record was not added) or because it is damaged.
  bool take(Position position, ByteView record);

  // The event that was added last.
  const Event& last() const { return events_.back(); }

  // Reports a record that the store could not read or does not trust.
  void damaged(Error error) { error_ = std::move(error); }

  Result<std::vector<Event>> finish();

 private:
  std::string workspace_;
  ReadLimits limits_;
  struct Link {
    Position position = 0;
    Hash256 hash{};
  };
  std::optional<Link> last_;  // what the next event must continue
  std::size_t bytes_ = 0;
  std::vector<Event> events_;
  std::optional<Error> error_;
};

// Decodes the record stored at `position`. An error names the workspace and the position.
Result<Event> decode_stored(std::string_view workspace, Position position, ByteView record);

// kCorrupt, with the place, unless `event` directly follows an event with that position and hash.
Result<void> check_chained(std::string_view workspace, const Event& event, Position last_position,
                           const Hash256& last_hash);

}  // namespace syncline::log
