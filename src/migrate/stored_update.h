// StoredUpdate: one Yjs update as a store of another server keeps it. A store keeps one or more for each document, in
// the order in which they were made.
#pragma once

#include <string>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/crdt/wire.h"

namespace syncline::migrate {

struct StoredUpdate {
  Bytes bytes;
  crdt::UpdateVersion version = crdt::UpdateVersion::kV1;
};

using StoredUpdates = std::vector<StoredUpdate>;

}  // namespace syncline::migrate
