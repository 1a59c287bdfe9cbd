// Undo, checkout and replay agree (I14).
//
//   checkout  the state that a replica without garbage collection gives for one of its snapshots
//             equals the result of replaying the log up to there
//   undo      undoing everything that can be undone and redoing all of it changes nothing, if
//             nobody else edits meanwhile; and both reach all clients like any edit (I1)
#pragma once

#include <memory>
#include <vector>

#include "sim/client.h"
#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

void check_checkouts(World& world, const store::Tables& tables, const std::string& workspace);

}  // namespace syncline::sim
