// Reading an update in order to write it again without a document (syncline/crdt/updates.h).
#pragma once

#include "crdt/block.h"

namespace syncline::crdt {

// As decode_update; but Yjs, reading without a document, forgets for blocks beside a neighbour that
// they are map entries (the neighbour says so anyway), and writes them without that flag.
Result<void> decode_for_rewrite(ByteView bytes, UpdateVersion version, DecodedUpdate& update);

// The clients and blocks in the order in which they are there, and the delete set.
Bytes rewrite(const DecodedUpdate& update, UpdateVersion version);

}  // namespace syncline::crdt
