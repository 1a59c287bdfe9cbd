// OutboundClient: the requests that the server itself makes, to fetch keys and to ask an application.
//
// Blocking; never on a loop (outbound_threads.h). Certificates are verified, with the name of the host. The name is
// resolved once; each address must pass identity/outbound_guard.h, and plain http:// goes only to addresses that the
// operator allowed. Redirects are not followed: an answer with another status is the caller's to judge.
//
// Thread-safety: immutable; any number of threads may fetch at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/net/http_client.h"
#include "identity/outbound_guard.h"
#include "syncline/error.h"

namespace syncline::backend {

struct OutboundOptions {
  std::string ca_file = {};  // PEM, trusted besides the system's certificates; "": none
  identity::OutboundRules rules = {};
  std::uint64_t timeout_ms = 5'000;  // for the whole exchange, with resolving the name
};

class OutboundClient {
 public:
  explicit OutboundClient(OutboundOptions options) : options_(std::move(options)) {}

  using Headers = std::vector<std::pair<std::string, std::string>>;

  // Errors as http_request(), and kForbidden for an address that is not allowed.
  Result<HttpClientResponse> get(const std::string& url, std::size_t max_body_bytes) const;
  Result<HttpClientResponse> post_json(const std::string& url, std::string_view body,
                                       const Headers& headers, std::size_t max_body_bytes) const;

  struct Post {
    const std::string& url;
    std::string_view body;
    std::string_view content_type;
    const Headers& headers;
    std::string_view accept;
    std::uint64_t timeout_ms;
    std::size_t max_body_bytes;
  };
  Result<HttpClientResponse> post(const Post& what) const;

  // Exchanges end soon with kUnavailable, now and later.
  void stop() { stop_ = true; }

 private:
  HttpClientOptions exchange(std::size_t max_body_bytes) const;

  const OutboundOptions options_;
  std::atomic<bool> stop_ = false;
};

// "10.0.0.0/8", "fd00::/8", "127.0.0.1". kInvalid with the reason.
Result<identity::IpNetwork> parse_network(const std::string& text);

}  // namespace syncline::backend
