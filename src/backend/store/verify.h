// Checks everything that the database holds, from the bytes up: see RocksDbStore::verify.
#pragma once

#include <functional>

#include "backend/store/database.h"

namespace syncline::backend::store {

using Progress = std::function<bool(const VerifyProgress&)>;

Result<VerifyReport> verify(const Database& database, const Progress& progress);

}  // namespace syncline::backend::store
