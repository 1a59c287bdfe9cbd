// Reads of the past, as far as the quarantine (state/quarantine.h) does not rule them out.
#pragma once

#include <functional>

#include "backend/server/api.h"
#include "log/event.h"

namespace syncline::backend {

// Calls `next` with the same, on the same loop, unless the object that the call names is in
// quarantine at that position: then it is refused, and nothing is replayed to find that out again.
void unless_quarantined(ApiCall call, log::Position at,
                        std::move_only_function<void(log::Position, ApiCall)> next);

}  // namespace syncline::backend
