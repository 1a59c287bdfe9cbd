// What the log keeps of a caller whom rules have judged (log/session_record.h), and back.
//
// His name is left out: it is kept elsewhere, where it can be erased (workspace/people.h). So a rule that looks at
// `principal.name` cannot be judged again exactly.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "identity/caller.h"
#include "log/session_record.h"

namespace syncline::identity {

log::SessionRecord record_of(const Caller& caller);

// Rights that this build does not know are left out. The port of his address is 0.
Caller caller_of(const log::SessionRecord& record, std::string principal, std::string tenant);

}  // namespace syncline::identity
