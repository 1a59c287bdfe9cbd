// Finds out who sent an HTTP request.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/message.h"
#include "identity/authenticator.h"
#include "identity/caller.h"
#include "identity/hosts.h"
#include "node/shard.h"
#include "syncline/error.h"

namespace syncline::node {

// Cookies that carry a token. A browser adds them to requests of any page, so one counts only if the request names
// the page that makes it (Origin), and that page may use this server: for WebSockets, for changes, and for reading.
struct TokenCookies {
  std::string name = {};                  // of the cookie; "": no cookie counts
  std::vector<std::string> origins = {};  // of the pages; compared exactly
};

// True for a name that a cookie may have, and for "".
bool is_cookie_name(std::string_view name);

// The token of a request, "" if it has none: from its Authorization header (Bearer), else from its query (token=),
// else, in a WebSocket handshake, from a subprotocol (http/ws_handshake.h), else from a cookie. A wrong token is
// not replaced by the next one.
std::string token_of(const http::Request& request, const TokenCookies& cookies);

// The trace context that events store: the traceparent header of the request; "" if it is malformed
// (www.w3.org/TR/trace-context).
std::string trace_of(const http::Request& request);

// The web page that asks, as its browser says, cut where no origin is longer; "" outside of browsers.
std::string origin_of(const http::Request& request);

// Answers as identity::Authenticator does, on `loop`, which is that of the caller. The request must stay until
// identify() returns.
void identify(const identity::Authenticator& access, const TokenCookies& cookies,
              const http::Request& request, Scheduler& loop,
              std::move_only_function<void(Result<identity::Caller>)> done);

// Who sent the request, if that is known at once; nullopt: nobody who is let in, or it is not known yet.
std::optional<identity::Caller> identify_now(const identity::Authenticator& access,
                                             const TokenCookies& cookies,
                                             const http::Request& request, Scheduler& loop);

// The answer (421) to a request that names a host which is not this server. Empty: the host is
// accepted. Every request and every WebSocket handshake passes this check first.
std::optional<http::Response> refuse_host(const identity::Authenticator& access,
                                          const identity::Hosts& hosts,
                                          const http::Request& request);

// The answer (429) to a request from a network that sends too many. Empty: the request is accepted,
// and counted. Must be called on the loop of the shard.
std::optional<http::Response> refuse_fast(Shard& shard, std::string_view peer);
// The same for a principal that sends too many, from all networks together. Many may share a token, so a network
// that sends few is not refused.
std::optional<http::Response> refuse_fast(Shard& shard, const identity::Principal& principal,
                                          std::string_view peer);

// The answer (503) while memory is full. Empty: the request is accepted. Must be called on the loop of
// the shard.
std::optional<http::Response> refuse_for_memory(Shard& shard);

// True if a server without tokens must refuse a change because the web page that asks for it is of
// another origin. Always false if there are tokens.
bool is_foreign_page(const identity::Authenticator& access, const http::Request& request,
                     bool bound_to_loopback);

}  // namespace syncline::node
