// One answer of EventLog::read in the making: decodes records, checks that they are the ones that
// were asked for and that each continues the hash chain, and stops at the limits.
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

  // Demands from here on that positions follow `after` without a gap and continue the hash chain.
  // `record` is that of `after`, so that the first event is checked too; empty when `after` is 0.
  void expect_after(Position after, ByteView record);

  // Adds the record stored under `position`. False: no more is wanted, because the limits are
  // reached (this record was not taken) or because it is damaged.
  bool take(Position position, ByteView record);

  // The event that was taken last.
  const Event& last() const { return events_.back(); }

  // For a record that the store itself could not read, or will not answer for.
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

// Decodes the record stored under `position`; an error names the workspace and the position.
Result<Event> decode_stored(std::string_view workspace, Position position, ByteView record);

// kCorrupt, naming the place, unless `event` directly follows an event with that position and hash.
Result<void> check_chained(std::string_view workspace, const Event& event, Position last_position,
                           const Hash256& last_hash);

}  // namespace syncline::log
