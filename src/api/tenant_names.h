// The names of a tenant's workspaces, as its clients know them.
//
// Thread-safety: as of the catalog.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "log/catalog.h"

namespace syncline::api {

// Whether the workspace of the server's own is listed, which holds the audit log (log/audit.h).
enum class OwnWorkspace : bool { kHidden, kShown };

// Up to `limit` public names in byte order, greater than `after`. Costs one reading of so many names, and a second
// one in the default tenant if those of other tenants stand between its own.
void list_workspaces_of(log::Catalog& catalog, std::string_view tenant, std::string_view after,
                        std::size_t limit, log::Done<std::vector<std::string>> done,
                        OwnWorkspace own = OwnWorkspace::kHidden);

}  // namespace syncline::api
