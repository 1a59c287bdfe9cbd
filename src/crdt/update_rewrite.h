// Reads an update in order to write it again, without a document (syncline/crdt/updates.h).
#pragma once

#include "crdt/block.h"

namespace syncline::crdt {

// As decode_update, with one difference. Without a document, Yjs forgets the flag for map entries
// on blocks that have a neighbour, and writes them without it. (The neighbour implies it.)
Result<void> decode_for_rewrite(ByteView bytes, UpdateVersion version, DecodedUpdate& update);

// Writes the clients and blocks in their present order, then the delete set.
Bytes rewrite(const DecodedUpdate& update, UpdateVersion version);

}  // namespace syncline::crdt
