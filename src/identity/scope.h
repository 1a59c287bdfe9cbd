// The scope of a token: the only workspace, or the only object, that it opens (Identity in identity/principal.h).
#pragma once

#include <string_view>

#include "identity/principal.h"
#include "syncline/error.h"

namespace syncline::identity {

// kForbidden, with the reason, if the token of the principal does not reach so far. An empty object is the
// workspace as a whole, an empty workspace the server as a whole: a token with a scope reaches neither.
//
// It is asked where a token is judged for a session (TokenKinds), where a request is let in (api/dispatch.h), and
// with each decision (policy/decider.h). The reason names no scope, so that it tells a finder of a token nothing.
Result<void> check_scope(const Principal& principal, std::string_view workspace,
                         std::string_view object);

}  // namespace syncline::identity
