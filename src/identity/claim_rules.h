// ClaimRules: what the claims of a token make of its holder.
//
// A claim is named as it stands in the token, or by a path with dots into objects ("realm_access.roles"); the exact
// name goes first, because names may be URLs.
//
// Pure. Thread-safety: a plain value.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/principal.h"
#include "identity/rights.h"
#include "syncline/crdt/any.h"
#include "syncline/error.h"

namespace syncline::identity {

inline constexpr std::size_t kMaxIdBytes = 256;
inline constexpr std::size_t kMaxShownNameBytes = 256;
inline constexpr std::size_t kMaxGroups = 256;

struct ClaimRules {
  std::string id = "sub";
  std::string name = "name";
  std::string groups = "groups";
  std::string tenant = {};  // "": all tokens are for the default tenant
  std::string rights = {};  // "": every token has `fallback`
  Rights fallback = Rights::writing();
  // With several issuers, so that none speaks for another's people: what all ids of this one begin with, and what
  // ids of the others begin with, which this one must not give anybody.
  std::string id_prefix = {};
  std::vector<std::string> other_prefixes = {};
  // The tenants of which the issuer may speak; empty: of any. Without a claim for the tenant, the only one of these
  // is that of all tokens.
  std::vector<std::string> tenants = {};
};

// Ids that principals have who come in another way: "anonymous", "token", "reader", and those that begin as an API
// key or a ticket does. Nobody else gets one.
bool is_reserved_id(std::string_view id);

// Id, rights, display name, groups and tenant; the source and the times are the caller's. kUnauthorized with the
// reason: no id, one that is reserved, too long or contains control characters; more or longer groups than may be;
// no tenant or no right, if a claim for them is configured. A name that cannot be shown is left out.
struct Mapped {
  std::string id;
  Rights rights = Rights::none();
  Identity identity;
};
Result<Mapped> map_claims(const crdt::Any& claims, const ClaimRules& rules);

// The claim of this name; nullptr if there is none.
const crdt::Any* find_claim(const crdt::Any& claims, std::string_view name);

// The most that the words name (rights_named(), also with "syncline:" before it): of a text with blanks between them,
// as OAuth scopes have, or a list of texts. nullopt: none names rights.
std::optional<Rights> rights_of_claim(const crdt::Any& claim);

}  // namespace syncline::identity
