// The dispatcher: brings a request under /v1 to the handler of its route. It finds out who asks,
// checks the right, and asks whether the workspace admits the caller.
#pragma once

#include <vector>

#include "api/route.h"

namespace syncline::api {

// All routes, for the dispatcher and for tests that check that it guards them all.
std::vector<const Route*> all_routes();

// A request whose sender is known and has the right that it needs.
struct Admitted {
  http::Request request;
  identity::Caller caller;
  http::Responder responder;
};

// Finds out who sent the request, and calls `serve` on the loop of the request, now or later. Answers 401
// itself without a valid token, and 403 if the caller does not have the right, or if a web page of another
// origin wants to change something on a server without tokens. Further answers to wrong tokens of a connection
// or a network wait, and at last become 429 (limits/failed_tokens.h). A principal that sends too many requests gets
// 429, too. Must be called on the loop of the request.
void admit(const Context& context, http::Request request, http::Responder responder, Right right,
           std::move_only_function<void(Admitted)> serve);

// Serves a further request of a caller whom admit() has let in: of an endpoint that asks the API for its clients
// (api/inner_request.h). Checks all that dispatch() checks, except who it is and how fast he asks. Must be called on the loop
// of the request.
void dispatch_as(Context& context, const identity::Caller& caller, http::Request request,
                 http::Responder responder);

// Answers 401, 403, 404, 405, 429 and 503 itself. Otherwise calls the handler, on the loop that owns the
// workspace.
void dispatch(Context& context, http::Request request, http::Responder responder);

}  // namespace syncline::api
