// How far a caller reaches: his own tenant, or all.
#pragma once

#include <string_view>

#include "identity/caller.h"
#include "identity/person.h"
#include "identity/rights.h"

namespace syncline::api {

// Rights that reach beyond the tenant of whoever has them: to see what is of other tenants, and to change it.
inline constexpr identity::Right kSeesAllTenants = identity::Right::kSeeTenants;
inline constexpr identity::Right kChangesAllTenants = identity::Right::kTenants;

// Nobody within a tenant reaches beyond it, whatever his rights.
inline bool reaches_all(const identity::Caller& caller, identity::Right all) {
  return identity::tenant_of(caller.principal).empty() && caller.rights.has(all);
}

}  // namespace syncline::api
