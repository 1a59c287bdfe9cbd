// What a document holds, as plain values: for printing and comparing.
//
// An update does not say of what kind a root type is; the application knows. Here the kind is the one
// that the engine finds in what the root shows (Engine::shown_kind). A root that shows nothing stays
// undefined, which prints as an empty array or map.
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
