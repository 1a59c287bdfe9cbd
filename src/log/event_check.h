// The rules for the fields of an event, both when it is written and when it is read. For this room
// only.
#pragma once

#include "log/event.h"
#include "syncline/error.h"

namespace syncline::log {

// kTooLarge: over a limit. kInvalid: a value that a field, or a record of this version, does not
// allow.
Result<void> check_event(const Event& event);

}  // namespace syncline::log
