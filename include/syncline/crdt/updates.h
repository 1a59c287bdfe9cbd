// Work on encoded updates without a document, as Yjs's mergeUpdates, diffUpdate and their kin.
// What a store of updates needs: compact them, and answer a client without loading anything.
//
// All are pure functions; they read their input during the call only. Bad input gives kMalformed or
// kTooLarge, and the whole input is checked. Costs: O(size of the updates, and log of their number
// for merging), memory in proportion to what is really there, never to what an update claims. To
// merge does not forget what was deleted: a document that collects garbage gets smaller than that.
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

// What obfuscate_update replaces besides texts, values, embeds and keys, which it always does.
struct ObfuscateOptions {
  bool formatting = true;  // names and values of formats
  bool subdocs = true;     // guids and options of subdocuments
  bool xml = true;         // names of elements and hooks
};

// An update of the same structure without its content: for sending a document that shows a fault to
// somebody who is not to read it. Ids, lengths, deletions and names of root types stay, so that who
// wrote when and how much can still be seen. Byte-identical to Yjs's obfuscateUpdate.
Result<Bytes> obfuscate_update(ByteView update, UpdateVersion version,
                               const ObfuscateOptions& options = {});

// The state that a document reaches from nothing by this update alone (up to the first Skip).
Result<StateVector> state_vector_of(ByteView update, UpdateVersion version);

// For each client the clocks that the update really holds (Skip left out), and its delete set.
struct UpdateMeta {
  IdSet inserts;
  DeleteSet deletes;
};
Result<UpdateMeta> update_meta(ByteView update, UpdateVersion version);

}  // namespace syncline::crdt
