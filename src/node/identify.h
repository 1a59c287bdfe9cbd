// Who is behind an HTTP request.
#pragma once

#include <string>

#include "http/message.h"
#include "policy/caller.h"
#include "syncline/error.h"

namespace syncline::node {

// The token of a request: its Authorization header (Bearer), or its query (token=). "" if it has none.
std::string token_of(const http::Request& request);

// The request's trace context for events: its traceparent header, "" if that is malformed
// (www.w3.org/TR/trace-context).
std::string trace_of(const http::Request& request);

// kUnauthorized.
Result<policy::Caller> identify(const policy::Access& access, const http::Request& request);

// Whether a server without tokens must refuse a change to the page that asks for it, because the page is of
// another origin. Never so where there are tokens.
bool is_foreign_page(const policy::Access& access, const http::Request& request,
                     bool bound_to_loopback);

}  // namespace syncline::node
