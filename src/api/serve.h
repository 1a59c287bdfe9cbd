// Which request goes where: the page, health, metrics, the HTTP API.
//
//   GET /                                       the page (and /assets/…)
//   GET /healthz, /readyz                       alive; ready to serve
//   GET /metrics                                Prometheus text
//   /v1/…                                       the HTTP API: api/route.h, and docs/openapi.json,
//                                               which is served as /openapi.json
//
// The client protocols (/y/…, /hocuspocus/…) come in as WebSockets: node/accept.h.
//
// Path segments are percent-decoded one by one; an object id is everything behind the workspace, with
// the slashes in it. /v1 and /metrics want a token (Authorization: Bearer, or ?token=) where the server has tokens.
#pragma once

#include "api/context.h"
#include "http/exchange.h"

namespace syncline::api {

// Called on any loop; `context` outlives it.
http::Handler make_handler(Context& context);

}  // namespace syncline::api
