// Making a document look as another one does, by an edit of its own: how a past state comes back
// without the history losing anything.
//
// What is equal stays as it is, with its ids and authors: of texts and lists the common beginning and
// end, of maps the equal keys, at any depth. The rest is deleted and written anew. A text with formats
// or embeds is written anew as a whole, if it differs.
// Costs: O(both documents). Errors: kUnsupported for a text that embeds shared types, which cannot be
// copied there; kTooLarge where the new client runs out of ids, and where texts, whose deltas repeat
// the formats of each run, would make 32 MiB of formats, or one place of a text has more than 256.
#pragma once

#include "syncline/bytes.h"
#include "syncline/crdt/doc.h"
#include "syncline/error.h"

namespace syncline::merge {

// The update, by the new client `client`, that makes a document in the state `now` (an update) show
// what `then` shows. Changes nothing: empty update. `then` is named: its roots take on their kinds.
Result<Bytes> restoring_update(ByteView now, crdt::Doc& then, crdt::ClientId client);

}  // namespace syncline::merge
