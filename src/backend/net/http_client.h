// A small blocking HTTP/1.1 client, for the command line and tests. Never use it on a loop.
//
// One connection per request. For https:// it verifies the certificate chain and the name or
// address of the host. It does not follow redirects. Thread-safe: it has no state.
//
// Errors: kInvalid for a bad URL; that of `may_connect` if no address is left; kUnavailable if the server cannot be reached or does not answer
// in time; kUnauthorized if its certificate is not trusted; kTooLarge for a body over the limit;
// kMalformed for an answer that is not HTTP or is cut off.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/exchange.h"
#include "identity/outbound_guard.h"
#include "syncline/error.h"

namespace syncline::backend {

struct HttpClientOptions {
  std::uint64_t timeout_ms = 10'000;  // for the whole exchange
  std::size_t max_body_bytes = 64 * 1024 * 1024;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string ca_file = {};       // PEM; empty: the system's trusted certificates
  bool trust_system_too = false;  // both
  // Judges each address to which the name of the host leads, before a connection is made to it; `shown` is the
  // address as text. Refused ones are passed over. Empty: all are good.
  std::function<Result<void>(const identity::IpAddress&, const std::string& shown, bool secure)>
      may_connect = {};
  const std::atomic<bool>* stop = nullptr;  // once it is true, the exchange ends with kUnavailable
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
