// A small blocking HTTP/1.1 client, for the command line and tests; never for a loop.
//
// One request, one connection. https:// verifies the certificate chain and the host's name or
// address. Redirects are not followed. Thread-safe: it has no state.
//
// Errors: kInvalid for a URL, kUnavailable when the server cannot be reached or does not answer in
// time, kUnauthorized when its certificate is not trusted, kTooLarge for the body, kMalformed for
// an answer that is no HTTP or is cut off.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/exchange.h"
#include "syncline/error.h"

namespace syncline::backend {

struct HttpClientOptions {
  std::uint64_t timeout_ms = 10'000;  // for the whole exchange
  std::size_t max_body_bytes = 64 * 1024 * 1024;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string ca_file = {};  // PEM; empty: what the system trusts
};

struct HttpClientResponse {
  int status = 0;
  http::Headers headers;
  std::string body;
};

Result<HttpClientResponse> http_request(std::string_view method, std::string_view url,
                                        std::string_view body, const HttpClientOptions& options);

Result<HttpClientResponse> http_get(std::string_view url, const HttpClientOptions& options);
Result<HttpClientResponse> http_post(std::string_view url, std::string_view body,
                                     std::string_view content_type,
                                     const HttpClientOptions& options);

}  // namespace syncline::backend
