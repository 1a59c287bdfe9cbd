// Snapshot: a name for a past state of a document, a few bytes per client. With the document's
// history (a Doc with gc off) the state can be read again.
//
// Compatible with Yjs: the same bytes, the same states. Encoded: the delete set, then the state
// vector. Thread-safety: values. Costs: taking one walks the document's delete set; reading one
// encodes and applies the document once.
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

// An update that leads an empty document to `doc`'s state at the snapshot. What the snapshot knows
// and `doc` does not is left out. kInvalid if `doc` collects garbage: deleted content may be gone.
Result<Bytes> update_at(const Doc& doc, const Snapshot& snapshot,
                        UpdateVersion version = UpdateVersion::kV1);

// A new document in that state; `options` are its own.
Result<Doc> doc_at(const Doc& doc, const Snapshot& snapshot, DocOptions options);

// The text with what was added and what was removed between two states: characters and embeds that
// only `after` has carry the attribute {"ychange":{"type":"added"}}, those that only `before` had
// "removed"; formats are those of `after`. As Yjs's toDelta(snapshot, prevSnapshot), but that equal
// neighbours are one operation, and that embeds are marked, too. kInvalid as for update_at.
Result<Delta> delta_between(const Text& text, const Snapshot& before, const Snapshot& after);

// True if applying `update` to a document in this state would change nothing.
Result<bool> contains_update(const Snapshot& snapshot, ByteView update,
                             UpdateVersion version = UpdateVersion::kV1);

}  // namespace syncline::crdt
