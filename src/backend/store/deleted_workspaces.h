// The deleted workspaces that a store knows.
//
// Thread-safety: any thread; blocks while it reads.
#pragma once

#include "store/tables.h"
#include "syncline/error.h"
#include "workspace/deleted_workspaces.h"

namespace syncline::backend {

// kCorrupt: a record is damaged.
Result<void> load_deleted_workspaces(const syncline::store::Tables& tables,
                                     workspace::DeletedWorkspaces& into);

}  // namespace syncline::backend
