// The check of the quarantine (state/quarantine.h) before a read of the past.
#pragma once

#include "api/route.h"
#include "log/event.h"
#include "syncline/error.h"

namespace syncline::api {

// kCorrupt if the object of the request is in quarantine at that position. So it need not be replayed
// to find this out again.
Result<void> check_quarantine(const Call& call, log::Position at);
Result<void> check_quarantine(const Inquiry& inquiry, log::Position at);

}  // namespace syncline::api
