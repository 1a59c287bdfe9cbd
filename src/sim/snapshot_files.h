// Checks the snapshots that are stored as files of their own, when a server has just started: every
// entry names a file that is there and intact, and every file has an entry (I17).
#pragma once

#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

// `damaged`: some files are missing or damaged now, because that was done to the disk.
void check_snapshot_files(World& world, const store::Tables& tables, bool damaged);

}  // namespace syncline::sim
