// Moment: a point in the history of a workspace, given as a position, a time, or the name of a pin.
//
//   "now", ""                                   the end of the log
//   "1042"                                      after that event; "0": before the first
//   "2026-01-31", "2026-01-31T12:00",
//   "2026-01-31T12:00:00.5+01:00"               after the last event stamped then or before; UTC
//                                               where no offset is given
//   "release-1"                                 where that pin was set
//
// A time means what the clock of the server showed when it accepted an event (Event::accepted_ms).
// Within an era of the log these times only grow, so a time is found by binary search: about twenty
// reads of one event for a million events, and one read for each later era. If the clock was ahead
// for a while, events from that while count as older than all events that were accepted after it.
// Errors: kInvalid for another text; kNotFound for a pin
// that does not exist and for a position after the end of the log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "log/event_log.h"
#include "log/pin_store.h"

namespace syncline::state {

struct Instant {
  std::uint64_t unix_ms = 0;
};
struct PinName {
  std::string name;
};
// The position kNow means the end.
using Moment = std::variant<log::Position, Instant, PinName>;

Result<Moment> parse_moment(std::string_view text);

// The position of the last event at that moment; 0 if the workspace had none.
void resolve_moment(log::EventLog& events, log::PinStore& pins, std::string workspace,
                    Moment moment, log::Done<log::Position> done);

// parse_moment and resolve_moment together. Errors of parse_moment are answered in the same turn.
void find_moment(log::EventLog& events, log::PinStore& pins, std::string workspace,
                 std::string_view text, log::Done<log::Position> done);

}  // namespace syncline::state
