// What reads of the past must know of deletions (state/deletions_view.h).
#pragma once

#include <functional>

#include "api/route.h"
#include "state/deletions_view.h"

namespace syncline::api {

// Whether something may have been deleted in the workspace of the path. Runs on its loop, and reads nothing.
bool may_have_deletions(const Call& call);

// Reads what was deleted in the workspace of the path; nothing is read if it is known that nothing was. A failure is answered
// here.
void with_deletions(Inquiry inquiry,
                    std::move_only_function<void(Inquiry, state::SharedDeletions)> next);

}  // namespace syncline::api
