// The copying half of a backup, over an open database. Private to this folder.
#pragma once

#include "backend/store/backup.h"
#include "backend/store/database.h"

namespace syncline::backend::store {

// Beside whoever reads and writes the database; one at a time.
Result<BackupReport> copy_database(const Database& database, const StoreOptions& options,
                                   const BackupOptions& backup);

}  // namespace syncline::backend::store
