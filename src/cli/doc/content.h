// The content of a document as plain values, for printing and comparing.
//
// An update does not state the kind of a root type; only the application knows it. Here the engine
// guesses it from the visible content (Engine::shown_kind). A root without visible content stays
// undefined and prints as an empty array or map.
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

// The roots, sorted by name. Sets the guessed kind of every root.
std::vector<Root> name_roots(crdt::Doc& doc);

// Maps become objects, arrays become arrays, XML and texts become strings. With `marks`, strings
// contain formats and embeds: "⟦bold⟧Hello⟦/bold⟧ world⟦{"image":"a.png"}⟧". A ⟦ in the text is
// doubled.
crdt::Any content_of(const crdt::Type& type, bool marks);
crdt::Any content_of(crdt::Doc& doc, const std::vector<Root>& roots, bool marks);
crdt::Type root_type(crdt::Doc& doc, const Root& root);

crdt::Any to_any(const crdt::Delta& delta);

}  // namespace syncline::cli
