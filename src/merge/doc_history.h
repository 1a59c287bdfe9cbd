// Documents, told as a history: what a transaction changed, as JSON, and who inserted which
// characters. Costs: of changes_to_json O(n log n) for n bytes of the event, items of the types that it
// changed and bytes told, which are limited; of attributed_texts what the texts hold.
#pragma once

#include <string>
#include <vector>

#include "merge/object_change.h"
#include "syncline/crdt/doc.h"

namespace syncline::merge {

// To be called while the transaction's event is told (Doc::on_transaction): a JSON array with an
// element for each type that it changed,
//   {"path":"content","delta":[{"retain":5},{"insert":"abc"},{"delete":2}]}
//   {"path":"board","keys":{"title":{"set":"Plan"},"old":{"deleted":true}}}
// A delta counts UTF-16 units of text, elements otherwise; what is inserted among text and is no
// text, or into a list, is {"insert":[values]}. Formats are told as in Yjs and Quill:
//   {"retain":4,"attributes":{"bold":true,"link":null}}   what stayed, and which formats it got or lost
//   {"insert":"abc","attributes":{"bold":true}}            what came, and all formats that it has
// Or kNotTold (merge/object_change.h).
std::string changes_to_json(crdt::Doc& doc, const crdt::TransactionEvent& event);

// Every text that shows a character, in the order in which the texts came to be.
std::vector<AttributedText> attributed_texts(crdt::Doc& doc);

}  // namespace syncline::merge
