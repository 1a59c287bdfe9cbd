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
