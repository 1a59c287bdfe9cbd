// Merges decoded updates into one list of blocks. This is the core of merge_updates
// (syncline/crdt/updates.h).
//
// The bytes equal those of Yjs's mergeUpdates, including its choice among blocks that begin at the
// same id. That choice depends on how JavaScript's sort treats the readers of the updates while
// they advance. With kExactReaders updates or more, the choice may differ from that of Yjs, but
// only where one update contains as GC what another still contains as an item. Both choices are
// correct.
#pragma once

#include <memory>
#include <span>

#include "crdt/block.h"
#include "crdt/update_writer.h"

namespace syncline::crdt {

inline constexpr std::size_t kExactReaders = 64;

// Writes the clients and their blocks; the caller writes the delete set. Sorts the client lists of
// the updates, the highest client first.
void write_merged(std::span<const std::unique_ptr<DecodedUpdate>> updates, UpdateWriter& writer);

}  // namespace syncline::crdt
