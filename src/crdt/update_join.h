// Joins updates that one replica made one after the other, so that they can be stored and sent as
// one: what somebody typed character by character becomes one text, and what was deleted character
// by character one range.
//
// A replica that applies the result is in the same state as one that applies the updates one by
// one, because Yjs joins such blocks in a document, too, and sends them joined from then on.
//
// Pure. Costs O(size of the updates).
#pragma once

#include <span>

#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::crdt {

// One update, in version 1, with the effect of all. What is not text or a deletion in a row is
// merged as merge_updates does. kMalformed or kTooLarge if an update is bad.
Result<Bytes> join_updates(std::span<const ByteView> updates);

}  // namespace syncline::crdt
