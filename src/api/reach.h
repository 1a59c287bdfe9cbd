// How far a caller reaches: his own tenant, or all.
#pragma once

#include <string_view>

#include "policy/caller.h"
#include "policy/person.h"
#include "policy/rights.h"

namespace syncline::api {

// Rights that reach beyond the tenant of whoever has them: to see what is of other tenants, and to change it.
inline constexpr policy::Right kSeesAllTenants = policy::Right::kSeeTenants;
inline constexpr policy::Right kChangesAllTenants = policy::Right::kTenants;

// Nobody within a tenant reaches beyond it, whatever his rights.
inline bool reaches_all(const policy::Caller& caller, policy::Right all) {
  return policy::tenant_of(caller.principal).empty() && caller.rights.has(all);
}

}  // namespace syncline::api
