// What a document holds, as plain values: for printing and comparing.
//
// An update does not say of what kind a root type is; the application knows. Here it is guessed
// from what the root holds: keys make a map, characters a text, XML elements a fragment, other
// values an array. A root whose content is all deleted stays undefined, which prints as an array.
#pragma once

#include <string>
#include <vector>

#include "cli/doc/update_file.h"
#include "syncline/crdt/any.h"
#include "syncline/crdt/doc.h"

namespace syncline::cli {

struct Root {
  std::string name;
  crdt::TypeKind kind = crdt::TypeKind::kUndefined;
};

// In order of name. Gives every root the kind that was guessed for it.
std::vector<Root> name_roots(crdt::Doc& doc);

// Maps as objects, arrays as arrays, XML and text as strings. With `marks`, formats and embeds
// stand in the text: "⟦bold⟧Hello⟦/bold⟧ world⟦{"image":"a.png"}⟧"; a ⟦ of its own is doubled.
crdt::Any content_of(const crdt::Type& type, bool marks);
crdt::Any content_of(crdt::Doc& doc, const std::vector<Root>& roots, bool marks);
crdt::Type root_type(crdt::Doc& doc, const Root& root);

crdt::Any to_any(const crdt::Delta& delta);

}  // namespace syncline::cli
