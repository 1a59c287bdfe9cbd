// The part of a backup that copies an open database. For this folder only.
#pragma once

#include "backend/store/backup.h"
#include "backend/store/database.h"

namespace syncline::backend::store {

// Others may read and write the database meanwhile. Only one copy at a time.
Result<BackupReport> copy_database(const Database& database, const StoreOptions& options,
                                   const BackupOptions& backup);

}  // namespace syncline::backend::store
