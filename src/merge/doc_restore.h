// Makes a document look like another one, with an edit. So a past state comes back and the history
// loses nothing.
//
// Equal content stays, with its ids and authors: the common beginning and end of texts and lists,
// and the equal keys of maps, at every depth. The rest is deleted and written anew. A text with
// formats or embeds that differs is rewritten as a whole. Costs: O(both documents). Errors:
// kUnsupported for a text that embeds shared types, because they cannot be copied there. kTooLarge
// if the new client runs out of clocks, if one place of a text has more than 256 active formats, or
// if the formats in the deltas of texts exceed 32 MiB (a delta repeats the formats for each run).
#pragma once

#include "syncline/bytes.h"
#include "syncline/crdt/doc.h"
#include "syncline/error.h"

namespace syncline::merge {

// An update by the new client `client`. It makes a document in the state `now` (an update) show
// what `then` shows. Empty if there is no difference. Names the roots of `then`, so they get their
// kinds.
Result<Bytes> restoring_update(ByteView now, crdt::Doc& then, crdt::ClientId client);

}  // namespace syncline::merge
