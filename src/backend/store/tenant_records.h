// What a store keeps of tenants, as it is read when a process starts: their records (limits/tenant_record.h), and
// what their workspaces store (limits/usage.h).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "limits/tenant_record.h"
#include "limits/usage.h"
#include "store/tables.h"
#include "syncline/error.h"

namespace syncline::backend {

// kCorrupt, with the name, if one is damaged.
Result<std::vector<limits::TenantRecord>> read_tenants(const syncline::store::Tables& tables);

// Calls `each` for every workspace of a tenant, by its name within the server. A damaged entry is left out: the
// workspace then counts as empty.
Result<void> read_uses(
    const syncline::store::Tables& tables,
    const std::function<void(const std::string& workspace, const limits::StoredUse& use)>& each);

}  // namespace syncline::backend
