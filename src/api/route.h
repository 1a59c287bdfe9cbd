// The HTTP API under /v1: a table of routes, which openapi.json describes to clients. The tests hold
// the two to each other, and what is answered to what openapi.json says.
//
// A route names the right that it needs, and how it is served. Everything before that is done once, by the
// dispatcher (api/serve.cpp): it finds out who asks, checks the right, and has the workspace let the caller in. A
// handler checks none of it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "api/context.h"
#include "api/path.h"
#include "http/exchange.h"
#include "node/shard.h"
#include "policy/caller.h"
#include "policy/rights.h"

namespace syncline::api {

using policy::Right;

// A request that was let in, and the way to answer it: once, from any loop.
struct Call {
  Context& context;
  // The one that owns the workspace that the path names, on whose loop the handler runs; where it names none, the
  // shard of the loop that the request came in on.
  node::Shard& shard;
  http::Request request;
  Path path;
  policy::Caller caller;
  http::Responder responder;

  void answer(http::Response response) { responder.respond(std::move(response)); }
  void refuse(const Error& error);
};

// `path` is a template: "{workspace}" stands for one segment, another name at its end for all that
// follows, slashes and all. GET answers HEAD too.
struct Route {
  enum Door : std::uint8_t {
    kWhileOpen,      // the workspace must let the caller in
    kAlsoWhileShut,  // it need not: what the route serves is why it does not
  };

  std::string_view method;
  std::string_view path;
  Right right;
  void (*serve)(Call call);
  Door door = kWhileOpen;
};

std::span<const Route> state_routes();    // what is there now
std::span<const Route> history_routes();  // what was there, and who changed it
std::span<const Route> restore_routes();
std::span<const Route> retention_routes();  // how much of it is kept
std::span<const Route> backup_routes();
std::span<const Route> proof_routes();  // the log, and that it was not tampered with
std::span<const Route> export_routes();
std::span<const Route> import_routes();
std::span<const Route> quarantine_routes();  // objects that cannot be served
std::span<const Route> shut_routes();        // workspaces that cannot be served

}  // namespace syncline::api
