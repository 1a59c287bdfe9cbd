// The HTTP API under /v1 (routes.h lists it).
#pragma once

#include "backend/server/routes.h"

namespace syncline::backend {

void serve_api(RouteContext& context, HttpRequest request, HttpResponder responder);

}  // namespace syncline::backend
