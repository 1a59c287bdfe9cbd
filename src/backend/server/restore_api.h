// POST /v1/workspaces/{ws}/restore/{object}: a past state comes back (routes.h).
#pragma once

#include "backend/server/routes.h"

namespace syncline::backend {

void serve_restore(RouteContext& context, const HttpRequest& request, const ObjectPath& path,
                   HttpResponder responder);

}  // namespace syncline::backend
