// Makes a place of a document hold a JSON value, by the smallest edit: equal keys and elements stay, a list is compared
// by the identity of its elements (diff/list_diff.h), a text by its characters (merge/doc_text.h).
//
// Objects and arrays that come in become shared maps and arrays, so that later edits of them merge, unless they
// replace a plain value, or come into an array whose objects and arrays are all plain. An object of a list has an
// identity if it has a member "id", "key" or "_id" that is a text or a number.
//
// Thread-safety: that of the document. Errors: kConflict if the place holds XML, a subdocument, or a root of another
// kind, and the value differs from it; kInvalid for a root that becomes a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "syncline/crdt/doc.h"
#include "syncline/error.h"

namespace syncline::merge {

// JSON in which equal values have equal texts: the members of objects are in order of their names.
std::string canonical_json(const crdt::Any& value);
std::string canonical_json(const crdt::Value& value);

Result<void> put_root(crdt::Doc& doc, std::string_view name, const crdt::Any& value);
// `value` is an object of all roots. Roots that it does not name become empty.
Result<void> put_roots(crdt::Doc& doc, const crdt::Any& value);
// Erases what a root holds.
Result<void> clear_root(crdt::Doc& doc, std::string_view name);

Result<void> put_key(crdt::Map map, const std::string& key, const crdt::Any& value);
Result<void> put_index(crdt::Array array, std::uint32_t index, const crdt::Any& value);
Result<void> insert_index(crdt::Array array, std::uint32_t index, const crdt::Any& value);

}  // namespace syncline::merge
