// Reads of the past, as far as the quarantine (state/quarantine.h) does not rule them out.
#pragma once

#include "api/route.h"
#include "log/event.h"
#include "syncline/error.h"

namespace syncline::api {

// kCorrupt if the object that the call names is in quarantine at that position: it need not be replayed to find
// that out again.
Result<void> check_quarantine(const Call& call, log::Position at);

}  // namespace syncline::api
