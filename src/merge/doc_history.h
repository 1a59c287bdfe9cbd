// Describes documents for the history: what a transaction changed, as JSON, and who inserted which
// characters. Costs: changes_to_json takes O(n log n) for n bytes of the event, items of the
// changed types, and bytes of output, which are limited. attributed_texts takes O(content of the
// texts).
#pragma once

#include <string>
#include <vector>

#include "merge/object_change.h"
#include "syncline/crdt/doc.h"

namespace syncline::merge {

// Must be called from a callback of Doc::on_transaction. Returns a JSON array with one element for
// each type that the transaction changed:
//   {"path":"content","delta":[{"retain":5},{"insert":"abc"},{"delete":2}]}
//   {"path":"board","keys":{"title":{"set":"Plan"},"old":{"deleted":true}}}
// A delta counts UTF-16 units in texts and elements elsewhere. What is inserted into a list, or into
// a text without being text, is {"insert":[values]}. Formats appear as in Yjs and Quill:
//   {"retain":4,"attributes":{"bold":true,"link":null}}   kept content; the formats it got or lost
//   {"insert":"abc","attributes":{"bold":true}}            new content, and all its formats
// Returns kNotTold (merge/object_change.h) if the description is too large.
std::string changes_to_json(crdt::Doc& doc, const crdt::TransactionEvent& event);

// Every text with at least one visible character, in the order in which the texts were created.
std::vector<AttributedText> attributed_texts(crdt::Doc& doc);

}  // namespace syncline::merge
