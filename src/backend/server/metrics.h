// GET /metrics: every loop's counters, added up, in Prometheus' text format.
#pragma once

#include "backend/server/routes.h"

namespace syncline::backend {

void serve_metrics(RouteContext& context, http::Responder responder);

}  // namespace syncline::backend
