// Functions on encoded updates that need no document, such as Yjs's mergeUpdates and diffUpdate. A
// store of updates uses them to compact updates and to answer a client without loading a document.
//
// All are pure functions and read their input only during the call. They validate the whole input:
// kMalformed or kTooLarge if it is bad. Costs: O(size of the updates); merging adds a factor of
// log(number of updates). Memory is in proportion to the bytes that are really there, never to a
// size that an update claims. Merging does not forget deleted content; a document that collects
// garbage encodes to less.
#pragma once

#include <span>

#include "syncline/bytes.h"
#include "syncline/crdt/id_set.h"
#include "syncline/crdt/wire.h"
#include "syncline/error.h"

namespace syncline::crdt {

// One update with the effect of all. Gaps between them become Skip blocks. Byte-identical to Yjs's
// mergeUpdates. Without updates, the result is the empty update.
Result<Bytes> merge_updates(std::span<const ByteView> updates, UpdateVersion version);

// The part of `update` that a replica with state vector `state` lacks. The delete set is kept
// whole.
Result<Bytes> diff_update(ByteView update, const StateVector& state, UpdateVersion version);

Result<Bytes> convert_update(ByteView update, UpdateVersion from, UpdateVersion to);

// What obfuscate_update replaces in addition to texts, values, embeds and keys.
struct ObfuscateOptions {
  bool formatting = true;  // names and values of formats
  bool subdocs = true;     // guids and options of subdocuments
  bool xml = true;         // names of elements and hooks
};

// An update with the same structure and without the content. Use it to send a document that shows a
// fault to somebody who must not read it. Ids, lengths, deletions and the names of root types stay,
// so it still shows who wrote how much, and in which order. Byte-identical to Yjs's
// obfuscateUpdate.
Result<Bytes> obfuscate_update(ByteView update, UpdateVersion version,
                               const ObfuscateOptions& options = {});

// The state vector of a document that has applied only this update (up to the first Skip).
Result<StateVector> state_vector_of(ByteView update, UpdateVersion version);

// For each client, the clocks that the update contains (without Skip blocks); and its delete set.
struct UpdateMeta {
  IdSet inserts;
  DeleteSet deletes;
};
Result<UpdateMeta> update_meta(ByteView update, UpdateVersion version);

}  // namespace syncline::crdt
