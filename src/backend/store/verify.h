// Checks everything that the database holds, from the bytes up: see RocksDbStore::verify.
//
// What follows from the records alone is state/verify.h's; here is what the store keeps beside them:
// names, the index from objects to events, the tiles of the Merkle tree, snapshots, pins and the
// checkpoints that were signed.
#pragma once

#include <functional>

#include "backend/store/database.h"

namespace syncline::backend::store {

using Progress = std::function<bool(const VerifyProgress&)>;

log::Checked<VerifyReport> verify(const Database& database, const VerifyOptions& options,
                                  const Progress& progress);

}  // namespace syncline::backend::store
