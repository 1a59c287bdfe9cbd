// Whoever comes by a link (identity/link.h), for those who judge without his ticket: what the principal of the link and the
// shares of its workspace tell of it.
//
// A ticket of a link is for one object, in no group, and may write unless the link is for a viewer. Nobody keeps the
// ticket itself. So the object is one for which a share names the link, and the rights are those that the role of that
// share needs. If it was raised after the link was made, the ticket allows less.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "identity/caller.h"
#include "log/rules_held.h"

namespace syncline::policy {

// `workspace`: its public name. `object`: preferred, if several shares name the link. Without any share, the link has
// ended, and its holder has the rights to read.
identity::Caller link_holder(std::string principal, std::string_view workspace,
                             std::string_view object, const log::HeldShares& shares);

}  // namespace syncline::policy
