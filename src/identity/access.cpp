#include "identity/access.h"

#include <algorithm>

#include "base/constant_time.h"
#include "base/mutation.h"

namespace syncline::identity {
Result<Principal> Access::authenticate(std::string_view token) const {
  if (tokens_.empty()) return Principal{.id = "anonymous"};
  if (token.empty()) return fail(ErrorCode::kUnauthorized, "a token is required");
  const Token* found = nullptr;
  for (const Token& known : tokens_) {
    if (equal_in_constant_time(as_bytes(known.secret), as_bytes(token))) found = &known;
  }
  if (found == nullptr && is_mutated(Mutation::accept_any_token)) found = &tokens_.front();
  if (found == nullptr) return fail(ErrorCode::kUnauthorized, "unknown token");
  return found->principal;
}

bool is_loopback_host(std::string_view host) {
  if (host.starts_with("[::1]")) return host.size() == 5 || host[5] == ':';
  host = host.substr(0, host.find(':'));
  if (host == "localhost") return true;
  return host.starts_with("127.") &&
         std::ranges::all_of(host, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

bool origin_allowed(std::string_view origin, std::string_view host, bool bound_to_loopback) {
  if (origin.empty()) return true;
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;  // "null": a page without an origin
  const std::string_view origin_host = origin.substr(scheme + 3);
  if (is_loopback_host(origin_host)) return true;
  return !bound_to_loopback && origin_host == host;
}

Result<void> check_origin(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  const std::string_view host = scheme == origin.npos ? "" : origin.substr(scheme + 3);
  const bool plain = std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
           c == ':' || c == '[' || c == ']';
  });
  const std::string_view name = origin.substr(0, std::min(scheme, origin.size()));
  const bool named = !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || c == '-' || c == '+';  // "http", "capacitor", …
  });
  if (host.empty() || !plain || !named) {
    return fail(ErrorCode::kInvalid, "\"" + std::string(origin) +
                                         "\" is no origin; one looks like https://app.example, "
                                         "without a slash at the end");
  }
  return {};
}

}  // namespace syncline::identity
