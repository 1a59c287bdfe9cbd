// Undo, checkout and replay agree (I14).
//
//   checkout  a replica that forgets nothing, asked for the state at a snapshot that it took, gives
//             what replaying the log up to there gives
//   undo      undoing all that can be undone and redoing all of it changes nothing, when nobody
//             else edits meanwhile; and both reach everybody as any edit does (I1)
#pragma once

#include <memory>
#include <vector>

#include "sim/client.h"
#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

void check_checkouts(World& world, const store::Tables& tables, const std::string& workspace);

}  // namespace syncline::sim
