// who_is: whose budget pays for what somebody does.
//
// Thread-safety: a pure function.
#pragma once

#include <string_view>

#include "base/memory_account.h"
#include "identity/principal.h"

namespace syncline::limits {

// Who a principal is for budgets, if it comes from this peer ("203.0.113.5:51234"). Many share a token, so
// those of one network count as one.
Who who_is(const identity::Principal& principal, std::string_view peer);

}  // namespace syncline::limits
