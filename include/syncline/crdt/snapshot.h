// Snapshot: identifies a past state of a document in a few bytes per client. It contains no
// content. A document that keeps its history (a Doc with gc off) can restore the state.
//
// Compatible with Yjs: the same bytes, the same states. Encoded: the delete set, then the state
// vector. Thread-safety: plain values. Costs: to take a snapshot walks the delete set of the
// document; to read one encodes and applies the document once.
#pragma once

#include "syncline/bytes.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/id_set.h"
#include "syncline/crdt/types.h"
#include "syncline/crdt/wire.h"
#include "syncline/error.h"

namespace syncline::crdt {

struct Snapshot {
  DeleteSet deletes;
  StateVector state;

  bool operator==(const Snapshot&) const = default;
};

Snapshot take_snapshot(const Doc& doc);

Bytes encode_snapshot(const Snapshot& snapshot, UpdateVersion version = UpdateVersion::kV1);
Result<Snapshot> decode_snapshot(ByteView bytes, UpdateVersion version = UpdateVersion::kV1);

// An update that brings an empty document to the state of `doc` at the snapshot. Ignores what the
// snapshot names and `doc` does not know. kInvalid if `doc` collects garbage, because deleted
// content may be missing.
Result<Bytes> update_at(const Doc& doc, const Snapshot& snapshot,
                        UpdateVersion version = UpdateVersion::kV1);

// A new document in that state, with its own `options`.
Result<Doc> doc_at(const Doc& doc, const Snapshot& snapshot, DocOptions options);

// The text of `after`, marked with what changed since `before`. Characters and embeds that exist
// only in `after` carry the attribute {"ychange":{"type":"added"}}; those that exist only in
// `before` carry "removed". Formats are those of `after`. This is Yjs's toDelta(snapshot,
// prevSnapshot), except that equal neighbours form one operation and that embeds are marked, too.
// kInvalid as for update_at.
Result<Delta> delta_between(const Text& text, const Snapshot& before, const Snapshot& after);

// True if `update` would not change a document in this state.
Result<bool> contains_update(const Snapshot& snapshot, ByteView update,
                             UpdateVersion version = UpdateVersion::kV1);

}  // namespace syncline::crdt
