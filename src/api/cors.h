// Cors: which web pages of other origins may read the answers of the HTTP API (CORS, the Fetch
// standard).
//
// A browser sends a page's request in any case, but shows the page the answer only if the server
// names the page's origin. Before requests that are not simple (a token in Authorization, PUT,
// DELETE), the browser asks with a preflight. Origins are compared exactly, and each is answered by
// its name; there is no "*". Access-Control-Allow-Credentials is sent only if cookies carry tokens (TokenCookies in
// node/identify.h). Without it, a browser adds no cookies, and a page passes its token itself.
//
// CORS only lets pages read. What a page of another origin may change is decided as for any request
// (admit() in api/dispatch.h).
//
// Thread-safety: immutable after construction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"

namespace syncline::api {

class Cors {
 public:
  // Each origin must satisfy identity::check_origin. `with_cookies`: their requests may bring cookies.
  explicit Cors(std::vector<std::string> origins, bool with_cookies = false)
      : origins_(std::move(origins)), with_cookies_(with_cookies) {}

  // The answer to a preflight: 204, or 403 if the origin is not allowed. Empty for any other
  // request.
  std::optional<http::Response> preflight(const http::Request& request) const;

  // Adds to the answer of `request` the headers that let its page read it.
  void admit(const http::Request& request, http::Responder& responder) const;

 private:
  bool knows(std::string_view origin) const;

  std::vector<std::string> origins_;
  bool with_cookies_;
};

}  // namespace syncline::api
