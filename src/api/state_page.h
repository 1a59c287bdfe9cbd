// A page of the states of a workspace at a moment. It is made object by object, as its reader takes it, so
// no more of it is held than one piece of 256 KiB and one object (state/workspace_replay.h).
//
// Thread-safety: runs on the worker of the inquiry.
#pragma once

#include <cstddef>

#include "api/route.h"
#include "log/event.h"
#include "state/deletions_view.h"

namespace syncline::api {

// Answers with the objects that the query names (`prefix`, `after`), at most `limit` of them, without those that are deleted. If the first piece
// cannot be made, the request is refused with the reason; later, the answer is broken off.
void send_state_page(Inquiry inquiry, log::Position at, std::size_t limit,
                     state::SharedDeletions deletions);

}  // namespace syncline::api
