// Rewrites the files of the database that may hold former values of some keys.
//
// A value that was replaced or removed stays in the write-ahead log until its tables are written, and in those until a
// compaction meets both. Nothing says when that is, so it is done here: the tables in memory are written, which ends the
// write-ahead logs, and the ranges are compacted down to their last level.
//
// Thread-safety: any thread; blocks, for as long as rewriting these ranges takes. Whoever reads at the same time keeps
// what he reads until he ends.
#pragma once

#include <vector>

#include "backend/store/database.h"
#include "store/store_log.h"
#include "syncline/error.h"

namespace syncline::backend::store {

Result<void> purge(const Database& database, const std::vector<KeyRange>& ranges);

}  // namespace syncline::backend::store
