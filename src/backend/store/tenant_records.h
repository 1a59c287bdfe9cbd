// What a store keeps of tenants, as it is read when a process starts: their records (policy/tenant_record.h), and
// what their workspaces store (policy/usage.h).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "policy/tenant_record.h"
#include "policy/usage.h"
#include "store/tables.h"
#include "syncline/error.h"

namespace syncline::backend {

// kCorrupt, with the name, if one is damaged.
Result<std::vector<policy::TenantRecord>> read_tenants(const syncline::store::Tables& tables);

// Calls `each` for every workspace of a tenant, by its name within the server. A damaged entry is left out: the
// workspace then counts as empty.
Result<void> read_uses(
    const syncline::store::Tables& tables,
    const std::function<void(const std::string& workspace, const policy::StoredUse& use)>& each);

}  // namespace syncline::backend
