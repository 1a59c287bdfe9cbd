// The HTTP API under /v1: a table of routes, which openapi.json describes to clients. The tests hold
// the two to each other, and what is answered to what openapi.json says.
#pragma once

#include <span>
#include <string_view>

#include "backend/server/routes.h"

namespace syncline::backend {

// A request whose path fits a route, and the way to answer it. Each is answered once, on the loop
// that it came in on.
struct ApiCall {
  RouteContext& context;
  LoopShard& shard;  // of that loop
  http::Request request;
  ObjectPath path;  // decoded; empty where the route names neither workspace nor object
  http::Responder responder;

  void answer(http::Response response) { responder.respond(std::move(response)); }
  void refuse(const Error& error);
};

// `path` is a template: "{workspace}" stands for one segment, another name at its end for all that
// follows, slashes and all. GET answers HEAD too.
struct ApiRoute {
  std::string_view method;
  std::string_view path;
  void (*serve)(ApiCall call);
};

std::span<const ApiRoute> state_routes();    // what is there now
std::span<const ApiRoute> history_routes();  // what was there, and who changed it
std::span<const ApiRoute> restore_routes();
std::span<const ApiRoute> retention_routes();  // how much of it is kept
std::span<const ApiRoute> backup_routes();
std::span<const ApiRoute> proof_routes();  // the log, and that it was not tampered with

std::span<const ApiRoute> export_routes();
std::span<const ApiRoute> quarantine_routes();  // what cannot be served
std::span<const ApiRoute> import_routes();  // the only ones of a workspace that is being imported

void serve_api(RouteContext& context, http::Request request, http::Responder responder);

}  // namespace syncline::backend
