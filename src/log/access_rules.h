// The part of a workspace's rules that says who may do what: policies and shares. Each change of one is an event of
// the system object "./policy" (log/rules.h).
//
// A policy is a text in the Cedar language under a name. A share gives a role, on a part of the workspace, to
// somebody. This room stores both and bounds them; what they mean is in policy/workspace_policy.h, and docs/policy.md
// explains it.
//
// Thread-safety: values and pure functions.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "log/event.h"
#include "syncline/error.h"

namespace syncline::log {

// Bounds of what a workspace can have. All of it is read when a workspace is opened and when a part of it changes.
inline constexpr std::size_t kMaxPolicies = 1000;
inline constexpr std::size_t kMaxPolicyBytes = std::size_t{64} << 10;
inline constexpr std::size_t kMaxAllPolicyBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxShares = 4096;
inline constexpr std::size_t kMaxGranteeBytes = 1024;

// To whom a share gives its role. As text: "principal:ann", "group:editors", "everyone".
struct Grantee {
  // The numbers are stored.
  enum class Kind : std::uint8_t {
    kPrincipal = 0,
    kGroup = 1,
    kEveryone = 2,  // whoever is let in; the id is empty
  };
  Kind kind = Kind::kEveryone;
  std::string id = {};

  auto operator<=>(const Grantee&) const = default;
};

std::string to_string(const Grantee& grantee);
// kInvalid: it has none of the three forms, or an id that nobody can have.
Result<Grantee> parse_grantee(std::string_view text);

// The numbers are stored.
enum class ShareRole : std::uint8_t { kViewer = 0, kAnnotator = 1, kEditor = 2, kOwner = 3 };

// "viewer", "annotator", "editor", "owner".
std::string_view name_of(ShareRole role);
std::optional<ShareRole> share_role_named(std::string_view name);

struct SetPolicy {
  std::string name;  // as that of a pin
  std::string text;

  bool operator==(const SetPolicy&) const = default;
};
struct RemovePolicy {
  std::string name;

  bool operator==(const RemovePolicy&) const = default;
};
// `resource`: "" is the whole workspace, "notes/" a folder with everything whose name begins with it, "notes/plan" an
// object. It need not exist yet.
struct Share {
  std::string resource;
  Grantee to;
  ShareRole role = ShareRole::kViewer;

  bool operator==(const Share&) const = default;
};
struct Unshare {
  std::string resource;
  Grantee to;

  bool operator==(const Unshare&) const = default;
};

// What the changes add up to.
struct HeldPolicy {
  std::string text;
  std::string principal;  // who set it
  std::uint64_t unix_ms = 0;

  bool operator==(const HeldPolicy&) const = default;
};
struct HeldShare {
  ShareRole role = ShareRole::kViewer;
  std::string principal;  // who gave it
  std::uint64_t unix_ms = 0;

  bool operator==(const HeldShare&) const = default;
};
using HeldPolicies = std::map<std::string, HeldPolicy, std::less<>>;      // by name
using HeldShares = std::map<std::pair<std::string, Grantee>, HeldShare>;  // by resource and grantee

// kInvalid: a name, a resource, a grantee or a role that cannot be. kTooLarge: over kMaxPolicyBytes. The language of a
// policy is not looked at.
Result<void> check_access_act(const SetPolicy& act);
Result<void> check_access_act(const RemovePolicy& act);
Result<void> check_access_act(const Share& act);
Result<void> check_access_act(const Unshare& act);

// kTooLarge if one more, or a longer one, is over a bound of a workspace.
Result<void> check_room(const HeldPolicies& held, const SetPolicy& act);
Result<void> check_room(const HeldShares& held, const Share& act);

}  // namespace syncline::log
