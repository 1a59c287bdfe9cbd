// Makes an edit (merge/edit.h) in a document, as an update.
//
// The edit is made in a transaction on a copy of the document, so it costs O(document). Errors: kInvalid for what can
// never be done, such as half of a surrogate pair; kConflict for what does not fit the present state: no such place, a
// value of another kind, a test of a patch that fails, a quote that matches nowhere or more than once; kTooLarge; and
// those of forms/put.h.
#pragma once

#include "merge/edit.h"
#include "syncline/bytes.h"
#include "syncline/crdt/doc.h"
#include "syncline/error.h"

namespace syncline::merge {

// An update by `client` that makes the edit in a document in the state `now` (an update). Its clocks follow those that
// the state has of this client. Empty if the edit changes nothing.
Result<Bytes> editing_update(ByteView now, const Edit& edit, crdt::ClientId client);

// Makes the edit within the open transaction of the document.
Result<void> make_edit(crdt::Doc& doc, const JsonPatch& patch);
Result<void> make_edit(crdt::Doc& doc, const MergePatch& patch);
Result<void> make_edit(crdt::Doc& doc, const TextPatch& patch);
Result<void> make_edit(crdt::Doc& doc, const WholeText& whole);
Result<void> make_edit(crdt::Doc& doc, const WholeJson& whole);
Result<void> make_edit(crdt::Doc& doc, const WholeForm& whole);

}  // namespace syncline::merge
