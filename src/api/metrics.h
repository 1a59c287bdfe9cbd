// GET /metrics: what all loops counted and measured, added up, and the counters of the process.
// docs/observability.md says what each metric means.
#pragma once

#include "api/context.h"
#include "http/exchange.h"

namespace syncline::api {

// What tenants use is for those who may see tenants.
enum class TenantsShown : bool { kNo, kYes };
void serve_metrics(const Context& context, TenantsShown tenants, http::Responder responder);

}  // namespace syncline::api
