// Checks everything in the database, from the bytes up: see RocksDbStore::verify.
//
// state/verify.h checks what follows from the records alone. This code checks what the store keeps
// in addition: names, the index from objects to events, the tiles of the Merkle tree, snapshots,
// pins, and signed checkpoints.
#pragma once

#include <functional>

#include "backend/store/database.h"

namespace syncline::backend::store {

using Progress = std::function<bool(const VerifyProgress&)>;

log::Checked<VerifyReport> verify(const Database& database, const VerifyOptions& options,
                                  const Progress& progress);

}  // namespace syncline::backend::store
