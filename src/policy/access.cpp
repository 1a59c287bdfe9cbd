#include "policy/access.h"

#include <algorithm>

#include "base/utf8.h"

namespace syncline::policy {
namespace {

constexpr std::size_t kMaxWorkspaceName = 128;
constexpr std::size_t kMaxObjectId = 512;

// Looks at every byte whatever it finds, so that time tells nothing about the secret.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

Result<Principal> Access::authenticate(std::string_view token) const {
  if (tokens_.empty()) return Principal{.name = "anonymous"};
  if (token.empty()) return fail(ErrorCode::kUnauthorized, "a token is required");
  const Token* found = nullptr;
  for (const Token& known : tokens_) {
    if (equal_in_constant_time(known.secret, token)) found = &known;
  }
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

Result<void> check_workspace_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxWorkspaceName) {
    return fail(ErrorCode::kInvalid, "a workspace name has 1 to 128 characters");
  }
  if (name.front() == '.' || !std::ranges::all_of(name, is_name_character)) {
    return fail(
        ErrorCode::kInvalid,
        "a workspace name consists of letters, digits, '.', '_' and '-', and does not begin "
        "with '.'");
  }
  return {};
}

Result<void> check_object_id(std::string_view id) {
  if (id.empty() || id.size() > kMaxObjectId) {
    return fail(ErrorCode::kInvalid, "an object id has 1 to 512 bytes");
  }
  if (!is_valid_utf8(id)) return fail(ErrorCode::kInvalid, "an object id is valid UTF-8");
  if (std::ranges::any_of(id, is_control)) {
    return fail(ErrorCode::kInvalid, "an object id has no control characters");
  }
  for (std::size_t begin = 0; begin <= id.size();) {
    const std::size_t end = std::min(id.find('/', begin), id.size());
    const std::string_view segment = id.substr(begin, end - begin);
    if (segment.empty() || segment == "." || segment == "..") {
      return fail(ErrorCode::kInvalid,
                  "the segments of an object id are neither empty nor '.' nor '..'");
    }
    begin = end + 1;
  }
  return {};
}

}  // namespace syncline::policy
