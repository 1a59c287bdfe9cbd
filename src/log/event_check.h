// What the fields of an event must keep to, whether we write it or have read it. Private to the log.
#pragma once

#include "log/event.h"
#include "syncline/error.h"

namespace syncline::log {

// kTooLarge: over a limit; kInvalid: not allowed in a field, or not in a record of this version.
Result<void> check_event(const Event& event);

}  // namespace syncline::log
