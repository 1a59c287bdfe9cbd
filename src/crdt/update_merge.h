// The merge of decoded updates into one list of blocks: the heart of merge_updates
// (syncline/crdt/updates.h).
//
// Bytes equal those of Yjs's mergeUpdates. That includes its choice among blocks that begin at the
// same id, which depends on how JavaScript's sort treats the readers of the updates while they
// advance. From kExactReaders updates on, and only where one update holds as forgotten (GC) what
// another still holds as an item, the choice may differ from Yjs's; both are right.
#pragma once

#include <memory>
#include <span>

#include "crdt/block.h"
#include "crdt/update_writer.h"

namespace syncline::crdt {

inline constexpr std::size_t kExactReaders = 64;

// Writes the clients and their blocks; the delete set is the caller's. Sorts the client lists of
// the updates, highest first.
void write_merged(std::span<const std::unique_ptr<DecodedUpdate>> updates, UpdateWriter& writer);

}  // namespace syncline::crdt
