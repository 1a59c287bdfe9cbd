// Keyed values, which every type has: the entries of a map, the attributes of an element or a text.
// The caller must have checked that the type may be changed.
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
// For a deleted type, these find nothing.
bool has_keyed(const Engine& engine, TypeIndex type, std::string_view key);
std::optional<Value> get_keyed(Engine& engine, TypeIndex type, std::string_view key);
std::vector<std::pair<std::string, Value>> keyed_entries(Engine& engine, TypeIndex type);

}  // namespace syncline::crdt
