// Which pages of other origins may read the answers of the HTTP API (CORS, the Fetch standard).
//
// A browser sends a page's request in any case, and keeps the answer from the page unless the server names
// the page's origin. For requests that are not plain (a token in Authorization, PUT, DELETE) it asks first
// (a preflight). Origins are compared exactly, and each is answered by its name: there is no "*".
// Access-Control-Allow-Credentials is never sent, so a browser adds no cookies or client certificates; a
// page passes its token itself.
//
// This only lets pages read. What a page of another origin may change is decided as for any request
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
  // Each as policy::check_origin wants it.
  explicit Cors(std::vector<std::string> origins) : origins_(std::move(origins)) {}

  // The answer to a preflight: 204, or 403 if the origin is not one of those. Nothing for any other
  // request.
  std::optional<http::Response> preflight(const http::Request& request) const;

  // Has whatever is answered to `request` carry the headers that let its page read it.
  void admit(const http::Request& request, http::Responder& responder) const;

 private:
  bool knows(std::string_view origin) const;

  std::vector<std::string> origins_;
};

}  // namespace syncline::api
