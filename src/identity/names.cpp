#include "identity/names.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "log/event.h"
#include "log/rules.h"

namespace syncline::identity {

static_assert(kMaxObjectIdBytes == log::kMaxObjectIdBytes);
static_assert(kMaxTenantNameBytes <= log::kMaxTenantBytes);
// As base/qualified_name.h joins them.
static_assert(1 + kMaxTenantNameBytes + 1 + kMaxWorkspaceNameBytes <= log::kMaxWorkspaceNameBytes);

namespace {

bool is_workspace_character(char c) {
  constexpr std::string_view kSigns = "._-@+~=,:";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kSigns.find(c) != kSigns.npos;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

bool is_between(std::int32_t code, std::int32_t first, std::int32_t last) {
  return first <= code && code <= last;
}

// Says what is wrong with a character in a new name; "" if nothing is. The last two groups are
// ranges in which Unicode plans further characters of the kind.
std::string_view hidden_kind(std::int32_t code) {
  const utf8proc_property_t& property = *utf8proc_get_property(code);
  if (code == 0x061c || is_between(code, 0x200e, 0x200f) || is_between(code, 0x202a, 0x202e) ||
      is_between(code, 0x2066, 0x2069))
    return "a control of writing direction";
  switch (property.category) {
    case UTF8PROC_CATEGORY_CC: return "a control character";
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return "a line break";
    default: break;
  }
  const bool no_character = is_between(code, 0xfdd0, 0xfdef) || (code & 0xfffe) == 0xfffe;
  if (no_character) return "no character";
  if (property.ignorable || is_between(code, 0xfff0, 0xfffb) || is_between(code, 0xe0000, 0xe0fff))
    return "invisible";
  return {};
}

// UTF-8 must be valid.
bool is_nfc(std::string_view text) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto size =
      utf8proc_map(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(mapped, &std::free);
  return size >= 0 && std::ranges::equal(text, std::string_view(reinterpret_cast<char*>(mapped),
                                                                static_cast<std::size_t>(size)));
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

Result<void> check_tenant_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto fits = [&](char c) { return plain(c) || c == '-' || c == '_'; };
  if (name.empty() || name.size() > kMaxTenantNameBytes)
    return fail(ErrorCode::kInvalid, length_rule("the name of a tenant", kMaxTenantNameBytes));
  if (!plain(name.front()) || !std::ranges::all_of(name, fits))
    return fail(
        ErrorCode::kInvalid,
        "the name of a tenant consists of a-z 0-9 - and _, and begins with a letter or a digit");
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

Result<void> check_new_object_id(std::string_view id) {
  const bool ascii =
      std::ranges::all_of(id, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) return {};
  for (std::string_view rest = id; !rest.empty();) {
    std::int32_t code = -1;
    const auto size =
        utf8proc_iterate(bytes_of(rest), static_cast<utf8proc_ssize_t>(rest.size()), &code);
    if (size <= 0) return fail(ErrorCode::kInvalid, "an object id is valid UTF-8");
    if (const auto kind = hidden_kind(code); !kind.empty()) {
      return fail(ErrorCode::kInvalid,
                  fmt::format("the id of a new object has only visible characters; U+{:04X} is {}",
                              code, kind));
    }
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  if (is_nfc(id)) return {};
  return fail(ErrorCode::kInvalid,
              "the id of a new object is in Unicode normalisation form NFC, and this one is not");
}

namespace {

bool is_space(std::int32_t code) {
  return code == '\t' || code == '\n' || code == '\r' ||
         utf8proc_get_property(code)->category == UTF8PROC_CATEGORY_ZS;
}

}  // namespace

std::string display_name(std::string_view claimed) {
  std::string name;
  bool space = false;
  while (!claimed.empty()) {
    std::int32_t code = -1;
    const auto size =
        utf8proc_iterate(bytes_of(claimed), static_cast<utf8proc_ssize_t>(claimed.size()), &code);
    if (size <= 0) return {};
    const std::string_view character = claimed.substr(0, static_cast<std::size_t>(size));
    claimed.remove_prefix(character.size());
    if (is_space(code)) {
      space = !name.empty();
      continue;
    }
    if (!hidden_kind(code).empty()) continue;
    if (name.size() + (space ? 1 : 0) + character.size() > kMaxDisplayNameBytes) break;
    if (std::exchange(space, false)) name += ' ';
    name += character;
  }
  return name;
}

}  // namespace syncline::identity
