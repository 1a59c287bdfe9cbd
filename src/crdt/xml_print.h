// XML as Yjs prints it: no escaping, names of elements in lower case, attributes by name, text with
// its formats as tags around it. For people and for comparing; it cannot be parsed back in general.
#pragma once

#include <string>

#include "crdt/engine.h"

namespace syncline::crdt {

// What JavaScript's toString() gives for a type. Kinds without a form of their own print as objects
// do: "[object Object]". Types nested deeper than kMaxAnyDepth are left out, as of JSON.
std::string print_type(Engine& engine, TypeIndex type);

// An element's name. Root elements have none, which Yjs spells UNDEFINED.
std::string node_name(const Engine& engine, TypeIndex type);

}  // namespace syncline::crdt
