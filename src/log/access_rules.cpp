#include "log/access_rules.h"

#include <fmt/format.h>

#include <array>

#include "base/utf8.h"
#include "log/pin_store.h"
#include "log/rules.h"

namespace syncline::log {
namespace {

constexpr std::string_view kPrincipalPrefix = "principal:";
constexpr std::string_view kGroupPrefix = "group:";
constexpr std::string_view kEveryoneText = "everyone";

// In the order of ShareRole.
constexpr std::array<std::string_view, 4> kShareRoleNames = {"viewer", "annotator", "editor",
                                                             "owner"};

Result<void> check_policy_name(const std::string& name) {
  if (is_pin_name(name)) return {};
  return fail(ErrorCode::kInvalid,
              fmt::format("'{}' is no name for a policy: it begins with a letter, and has up to {} "
                          "letters, digits, '.', '_' and '-'",
                          name, kMaxPinNameBytes));
}

Result<void> check_resource(const std::string& resource) {
  if (is_system_object(resource))
    return fail(ErrorCode::kInvalid, "objects of the server are not shared; share the workspace");
  return resource.empty() ? Result<void>() : check_object_id(resource);
}

Result<void> check_grantee(const Grantee& to) {
  const bool everyone = to.kind == Grantee::Kind::kEveryone;
  if (to.kind > Grantee::Kind::kEveryone || everyone != to.id.empty() ||
      to.id.size() > kMaxGranteeBytes || !is_valid_utf8(to.id))
    return fail(ErrorCode::kInvalid,
                fmt::format("a share is given to principal:ID, group:NAME or everyone; an id has "
                            "at most {} bytes",
                            kMaxGranteeBytes));
  return {};
}

}  // namespace

std::string to_string(const Grantee& grantee) {
  switch (grantee.kind) {
    case Grantee::Kind::kPrincipal: return std::string(kPrincipalPrefix) + grantee.id;
    case Grantee::Kind::kGroup: return std::string(kGroupPrefix) + grantee.id;
    case Grantee::Kind::kEveryone: break;
  }
  return std::string(kEveryoneText);
}

Result<Grantee> parse_grantee(std::string_view text) {
  Grantee grantee;
  if (text.starts_with(kPrincipalPrefix)) {
    grantee = {Grantee::Kind::kPrincipal, std::string(text.substr(kPrincipalPrefix.size()))};
  } else if (text.starts_with(kGroupPrefix)) {
    grantee = {Grantee::Kind::kGroup, std::string(text.substr(kGroupPrefix.size()))};
  } else if (text != kEveryoneText) {
    return fail(ErrorCode::kInvalid,
                fmt::format("'{}' is nobody: say principal:ID, group:NAME or everyone", text));
  }
  if (auto ok = check_grantee(grantee); !ok) return std::unexpected(std::move(ok.error()));
  return grantee;
}

std::string_view name_of(ShareRole role) {
  return kShareRoleNames[static_cast<std::size_t>(role)];
}

std::optional<ShareRole> share_role_named(std::string_view name) {
  for (std::size_t i = 0; i < kShareRoleNames.size(); ++i)
    if (kShareRoleNames[i] == name) return static_cast<ShareRole>(i);
  return std::nullopt;
}

Result<void> check_access_act(const SetPolicy& act) {
  if (auto ok = check_policy_name(act.name); !ok) return ok;
  if (act.text.size() > kMaxPolicyBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("policy {} has {} bytes; the most is {}",
                                                  act.name, act.text.size(), kMaxPolicyBytes));
  if (act.text.empty() || !is_valid_utf8(act.text))
    return fail(ErrorCode::kInvalid, fmt::format("policy {} is empty or no UTF-8", act.name));
  return {};
}

Result<void> check_access_act(const RemovePolicy& act) {
  return check_policy_name(act.name);
}

Result<void> check_access_act(const Share& act) {
  if (act.role > ShareRole::kOwner)
    return fail(ErrorCode::kInvalid, "a role is viewer, annotator, editor or owner");
  if (auto ok = check_resource(act.resource); !ok) return ok;
  return check_grantee(act.to);
}

Result<void> check_access_act(const Unshare& act) {
  if (auto ok = check_resource(act.resource); !ok) return ok;
  return check_grantee(act.to);
}

Result<void> check_room(const HeldPolicies& held, const SetPolicy& act) {
  std::size_t bytes = act.text.size();
  std::size_t count = 1;
  for (const auto& [name, policy] : held) {
    if (name == act.name) continue;
    bytes += policy.text.size();
    ++count;
  }
  if (count > kMaxPolicies)
    return fail(ErrorCode::kTooLarge,
                fmt::format("a workspace has at most {} policies", kMaxPolicies));
  if (bytes > kMaxAllPolicyBytes)
    return fail(ErrorCode::kTooLarge,
                fmt::format("the policies of a workspace have at most {} bytes together",
                            kMaxAllPolicyBytes));
  return {};
}

Result<void> check_room(const HeldShares& held, const Share& act) {
  if (held.size() < kMaxShares || held.contains({act.resource, act.to})) return {};
  return fail(ErrorCode::kTooLarge,
              fmt::format("a workspace has at most {} shares; give a role to a group", kMaxShares));
}

}  // namespace syncline::log
