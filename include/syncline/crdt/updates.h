// Work on encoded updates without a document, as Yjs's mergeUpdates, diffUpdate and their kin.
// All are pure functions; bad input gives kMalformed or kTooLarge.
#pragma once

#include <span>

#include "syncline/bytes.h"
#include "syncline/crdt/id_set.h"
#include "syncline/crdt/wire.h"
#include "syncline/error.h"

namespace syncline::crdt {

// One update that has the effect of all. Holes between them become Skip blocks. Byte-identical to
// Yjs's mergeUpdates. No updates give the empty update.
Result<Bytes> merge_updates(std::span<const ByteView> updates, UpdateVersion version);

// What of `update` a replica at `state` lacks. The delete set is kept whole.
Result<Bytes> diff_update(ByteView update, const StateVector& state, UpdateVersion version);

Result<Bytes> convert_update(ByteView update, UpdateVersion from, UpdateVersion to);

// The state that a document reaches from nothing by this update alone (up to the first Skip).
Result<StateVector> state_vector_of(ByteView update, UpdateVersion version);

// For each client the clocks that the update really holds (Skip left out), and its delete set.
struct UpdateMeta {
  IdSet inserts;
  DeleteSet deletes;
};
Result<UpdateMeta> update_meta(ByteView update, UpdateVersion version);

}  // namespace syncline::crdt
