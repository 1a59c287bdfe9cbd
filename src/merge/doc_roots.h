// The root types of a document, by name and kind. Thread-safety: that of the document.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "syncline/crdt/doc.h"

namespace syncline::merge {

// The root of that name as this kind; it is created if it does not exist. kUndefined: an array.
crdt::Type named_root(crdt::Doc& doc, std::string_view name, crdt::TypeKind kind);

// The kind of that root: as it was named, or as its visible content shows. nullopt: neither is known.
std::optional<crdt::TypeKind> root_kind(crdt::Doc& doc, std::string_view name);

// For people: "a text", "an array".
std::string_view shown_name(crdt::TypeKind kind);

}  // namespace syncline::merge
