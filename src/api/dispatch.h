// From a request under /v1 to the handler of its route, through the one door: who asks, with what right, and
// whether the workspace lets the caller in.
#pragma once

#include <vector>

#include "api/route.h"

namespace syncline::api {

// Every route there is, for the dispatcher and for those who check that it guards them all.
std::vector<const Route*> all_routes();

// kUnauthorized without a good token; kForbidden: the caller does not have the right, or is the page of another
// origin that wants to change something on a server that asks for no token.
Result<policy::Caller> admit(const Context& context, const http::Request& request, Right right);

// Answers 401, 403, 404, 405 and 503 itself; everything else is for the handler, on the loop that owns the workspace.
void dispatch(Context& context, http::Request request, http::Responder responder);

// What admit() and others refuse with, as the answer to a request.
http::Response refusal(const Error& error);

}  // namespace syncline::api
