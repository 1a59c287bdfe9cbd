// The HTTP requests of a server and their handlers: the page, health, metrics, the HTTP API.
//
//   GET /                                       the page (and /assets/…)
//   GET /healthz, /readyz                       alive; ready to serve, or 503 with the reason
//   GET /metrics                                Prometheus text
//   /v1/…                                       the HTTP API: api/route.h, and docs/openapi.json,
//                                               which is served as /openapi.json
//   /streams/…                                  Durable Streams: api/streams.cpp
//   /mcp                                        the Model Context Protocol: api/mcp.cpp
//
// The client protocols (/y/…, /hocuspocus/…) come in as WebSockets: node/accept.h.
//
// Before each of these, /t/{tenant} may name a tenant (node/tenant_choice.h).
//
// Path segments are percent-decoded one by one. An object id is everything after the workspace,
// including slashes. If the server has tokens, /v1 and /metrics require one (Authorization: Bearer,
// or ?token=).
#pragma once

#include "api/context.h"
#include "http/exchange.h"

namespace syncline::api {

// The handler may be called on any loop. `context` must outlive it.
http::Handler make_handler(Context& context);

// Serves /metrics and nothing else, to everybody who can connect: for a listener that only the
// monitoring reaches.
http::Handler make_metrics_handler(Context& context);

}  // namespace syncline::api
