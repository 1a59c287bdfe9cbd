// GET /metrics: what all loops counted and measured, added up, and the counters of the process.
// docs/observability.md says what each metric means.
#pragma once

#include "api/context.h"
#include "http/exchange.h"

namespace syncline::api {

void serve_metrics(const Context& context, http::Responder responder);

}  // namespace syncline::api
