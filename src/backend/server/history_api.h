// The part of the HTTP API that looks back: states at a moment, changes, blame, pins (routes.h lists it).
#pragma once

#include <string_view>

#include "backend/server/routes.h"

namespace syncline::backend {

// `what`: the part of the path behind the workspace, "objects", "state", "changes",
// "blame" or "pins".
void serve_history(RouteContext& context, const HttpRequest& request, std::string_view what,
                   const ObjectPath& path, HttpResponder responder);

}  // namespace syncline::backend
