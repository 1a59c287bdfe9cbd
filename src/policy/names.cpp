#include "policy/names.h"

#include <algorithm>
#include <string>

#include "base/utf8.h"
#include "log/event.h"
#include "log/rules.h"

namespace syncline::policy {

static_assert(kMaxObjectIdBytes == log::kMaxObjectIdBytes);
static_assert(kMaxWorkspaceNameBytes <= log::kMaxWorkspaceNameBytes);

namespace {

bool is_workspace_character(char c) {
  constexpr std::string_view kSigns = "._-@+~=,:";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kSigns.find(c) != kSigns.npos;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string length_rule(std::string_view what, std::size_t most) {
  return std::string(what) + " has 1 to " + std::to_string(most) + " bytes";
}

}  // namespace

Result<void> check_workspace_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxWorkspaceNameBytes) {
    return fail(ErrorCode::kInvalid, length_rule("a workspace name", kMaxWorkspaceNameBytes));
  }
  if (name.front() == '.' || !std::ranges::all_of(name, is_workspace_character)) {
    return fail(ErrorCode::kInvalid,
                "a workspace name consists of letters, digits and . _ - @ + ~ = , : and does not "
                "begin with a dot");
  }
  return {};
}

Result<void> check_object_id(std::string_view id) {
  if (id.empty() || id.size() > kMaxObjectIdBytes) {
    return fail(ErrorCode::kInvalid, length_rule("an object id", kMaxObjectIdBytes));
  }
  if (!is_valid_utf8(id)) return fail(ErrorCode::kInvalid, "an object id is valid UTF-8");
  if (std::ranges::any_of(id, is_control)) {
    return fail(ErrorCode::kInvalid, "an object id has no control characters");
  }
  if (log::is_system_object(id)) {
    return fail(ErrorCode::kForbidden,
                "object ids that begin with \"./\" are reserved for the server");
  }
  for (std::size_t begin = 0; begin <= id.size();) {
    const std::size_t end = std::min(id.find('/', begin), id.size());
    const std::string_view segment = id.substr(begin, end - begin);
    if (segment == "." || segment == "..") {
      return fail(ErrorCode::kInvalid, "no segment of an object id is \".\" or \"..\"");
    }
    begin = end + 1;
  }
  return {};
}

}  // namespace syncline::policy
