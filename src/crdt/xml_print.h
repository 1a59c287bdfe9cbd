// Prints XML as Yjs does: no escaping, element names in lower case, attributes sorted by name,
// formats of text as tags around it. For people and for comparisons; in general the output cannot
// be parsed.
#pragma once

#include <string>

#include "crdt/engine.h"

namespace syncline::crdt {

// A client may nest elements as deep as its update is long, and printing recurses. Types that are
// nested deeper than this are omitted. (ProseMirror needs three elements for each level of a list.)
inline constexpr int kMaxXmlDepth = 1000;

// The result of JavaScript's toString() for a type whose kind is Engine::printed_kind(). Kinds
// without a form of their own print as objects do: "[object Object]". Costs: O(size of the output).
std::string print_type(Engine& engine, TypeIndex type);

// The name of an element. A root element has none; Yjs prints UNDEFINED for it.
std::string node_name(const Engine& engine, TypeIndex type);

}  // namespace syncline::crdt
