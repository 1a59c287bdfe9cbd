// Erases the tenants that an operator deleted with their data (limits/tenant_record.h, kErasing), before a store is
// used: then nothing in memory speaks of them.
//
// Thread-safety: as StoreOptions::change_first.
#pragma once

#include <functional>

#include "observe/report.h"
#include "store/tables.h"
#include "syncline/error.h"

namespace syncline::backend {

// For StoreOptions::change_first. The record of a tenant goes last: an erasure that was interrupted is begun again.
// `reports` may be nullptr.
std::function<Result<bool>(const syncline::store::Tables&, syncline::store::Writes&)>
erasing_tenants(observe::Sink* reports);

}  // namespace syncline::backend
