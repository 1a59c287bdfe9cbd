#include "backend/outbound/outbound_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <cstring>

namespace syncline::backend {

HttpClientOptions OutboundClient::exchange(std::size_t max_body_bytes) const {
  HttpClientOptions options;
  options.timeout_ms = options_.timeout_ms;
  options.max_body_bytes = max_body_bytes;
  options.ca_file = options_.ca_file;
  options.trust_system_too = true;
  options.stop = &stop_;
  options.headers = {{"Accept", "application/json"}, {"User-Agent", "syncline"}};
  options.may_connect = [this](const identity::IpAddress& address, const std::string& shown,
                               bool secure) -> Result<void> {
    if (!secure && identity::is_public(address))
      return fail(ErrorCode::kForbidden, "http:// is not allowed to " + shown + "; use https://");
    return identity::check_outbound(address, shown, options_.rules);
  };
  return options;
}

Result<HttpClientResponse> OutboundClient::get(const std::string& url,
                                               std::size_t max_body_bytes) const {
  return http_get(url, exchange(max_body_bytes));
}

Result<HttpClientResponse> OutboundClient::post_json(const std::string& url, std::string_view body,
                                                     const Headers& headers,
                                                     std::size_t max_body_bytes) const {
  HttpClientOptions options = exchange(max_body_bytes);
  options.headers.insert(options.headers.end(), headers.begin(), headers.end());
  return http_post(url, body, "application/json", options);
}

Result<HttpClientResponse> OutboundClient::post(const Post& what) const {
  HttpClientOptions options = exchange(what.max_body_bytes);
  options.timeout_ms = what.timeout_ms;
  options.headers = {{"Accept", std::string(what.accept)}, {"User-Agent", "syncline"}};
  options.headers.insert(options.headers.end(), what.headers.begin(), what.headers.end());
  return http_post(what.url, what.body, what.content_type, options);
}

Result<identity::IpNetwork> parse_network(const std::string& text) {
  const auto bad = [&] {
    return fail(ErrorCode::kInvalid,
                fmt::format("'{}' is no network, such as 10.0.0.0/8 or fd00::/8", text));
  };
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string address = text.substr(0, slash);
  identity::IpNetwork network;
  unsigned most = 128;
  if (in_addr four; inet_pton(AF_INET, address.c_str(), &four) == 1) {
    network.address = identity::mapped(0, 0, 0, 0);
    std::memcpy(network.address.data() + 12, &four, 4);
    most = 32;
  } else if (inet_pton(AF_INET6, address.c_str(), network.address.data()) != 1) {
    return bad();
  }
  unsigned bits = most;
  if (slash < text.size()) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
    if (error != std::errc{} || stop != end || bits > most) return bad();
  }
  network.bits = bits + (128 - most);
  return network;
}

}  // namespace syncline::backend
