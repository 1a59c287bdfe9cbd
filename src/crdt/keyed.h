// Keyed values, which every type has: a map's entries, an element's and a text's attributes.
// The callers have checked that the type may be changed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crdt/engine.h"

namespace syncline::crdt {

void set_keyed(Engine& engine, TypeIndex type, std::string_view key, const Any& value);
void erase_keyed(Engine& engine, TypeIndex type, std::string_view key);
// A type that is deleted has none.
bool has_keyed(const Engine& engine, TypeIndex type, std::string_view key);
std::optional<Value> get_keyed(Engine& engine, TypeIndex type, std::string_view key);
std::vector<std::pair<std::string, Value>> keyed_entries(Engine& engine, TypeIndex type);

}  // namespace syncline::crdt
