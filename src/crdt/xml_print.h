// XML as Yjs prints it: no escaping, names of elements in lower case, attributes by name, text with
// its formats as tags around it. For people and for comparing; it cannot be parsed back in general.
#pragma once

#include <string>

#include "crdt/engine.h"

namespace syncline::crdt {

// Any client may nest elements as deep as its update is long, and printing recurses. Types nested
// deeper than this are left out. (ProseMirror takes three elements for each level of a list.)
inline constexpr int kMaxXmlDepth = 1000;

// What JavaScript's toString() gives for a type, as Engine::printed_kind() says what it is. Kinds
// without a form of their own print as objects do: "[object Object]". Costs what is printed.
std::string print_type(Engine& engine, TypeIndex type);

// An element's name. Root elements have none, which Yjs spells UNDEFINED.
std::string node_name(const Engine& engine, TypeIndex type);

}  // namespace syncline::crdt
