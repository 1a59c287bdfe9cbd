#include "workspace/stamp.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"
#include "identity/names.h"
#include "identity/person.h"
#include "syncline/crdt/any.h"

namespace syncline::workspace {
namespace {

using crdt::Any;

constexpr std::string_view kUser = "user";
constexpr std::string_view kVerified = "verified";

// nullopt: another kind of value.
Result<std::optional<Any::Object>> object_in(std::string_view json) {
  auto value = crdt::from_json(json);
  if (!value) return std::unexpected(std::move(value.error()));
  const auto* members = std::get_if<Any::Object>(&value->value());
  return members == nullptr ? std::nullopt : std::optional(*members);
}

Any* member_of(Any::Object& members, std::string_view key) {
  const auto found = std::ranges::find(members, key, &std::pair<std::string, Any>::first);
  return found == members.end() ? nullptr : &found->second;
}

void set_member(Any::Object& members, std::string_view key, Any value) {
  if (Any* member = member_of(members, key))
    *member = std::move(value);
  else
    members.emplace_back(std::string(key), std::move(value));
}

}  // namespace

Stamp stamp_of(const identity::Principal& principal) {
  Stamp stamp{.id = principal.id, .name = {}, .verified = identity::is_verified(principal)};
  if (!stamp.verified) return stamp;
  stamp.name = identity::display_name(principal.identity->name);
  if (stamp.name.empty()) stamp.name = principal.id;
  return stamp;
}

Result<std::optional<std::string>> stamped(std::string_view state, const Stamp& stamp) {
  auto object = object_in(state);
  if (!object) return std::unexpected(std::move(object.error()));
  std::optional<Any::Object>& members = *object;
  if (!members) return std::nullopt;
  Any::Object user;
  if (const Any* claimed = member_of(*members, kUser)) {
    if (const auto* text = std::get_if<std::string>(&claimed->value()))
      user.emplace_back("name", Any(*text));
    else if (const auto* shown = std::get_if<Any::Object>(&claimed->value()))
      user = *shown;
  }
  set_member(user, "id", Any(stamp.id));
  if (!stamp.name.empty() && !is_mutated(Mutation::trust_name))
    set_member(user, "name", Any(stamp.name));
  set_member(user, kVerified, Any(stamp.verified));
  set_member(*members, kUser, Any(std::move(user)));
  return std::optional(crdt::to_json(Any(std::move(*members))));
}

Result<std::optional<std::string>> without_claim(std::string_view state) {
  // A key can hide from the search only in escapes.
  if (state.find(kVerified) == state.npos && state.find("\\u") == state.npos) return std::nullopt;
  if (is_mutated(Mutation::pass_on_claims)) return std::nullopt;
  auto object = object_in(state);
  if (!object) return std::unexpected(std::move(object.error()));
  std::optional<Any::Object>& members = *object;
  Any* user = members ? member_of(*members, kUser) : nullptr;
  const auto* claimed = user == nullptr ? nullptr : std::get_if<Any::Object>(&user->value());
  if (claimed == nullptr) return std::nullopt;
  Any::Object rest = *claimed;
  if (std::erase_if(rest, [](const auto& member) { return member.first == kVerified; }) == 0)
    return std::nullopt;
  *user = Any(std::move(rest));
  return std::optional(crdt::to_json(Any(std::move(*members))));
}

std::string claimed_name(std::string_view state) {
  const auto value = crdt::from_json(state);
  const Any* user = value ? value->find(kUser) : nullptr;
  if (user == nullptr) return {};
  const Any* name = std::holds_alternative<std::string>(user->value()) ? user : user->find("name");
  const auto* text = name == nullptr ? nullptr : std::get_if<std::string>(&name->value());
  return text == nullptr ? std::string() : *text;
}

}  // namespace syncline::workspace
