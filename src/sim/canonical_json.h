// A value as JSON with the keys of objects sorted. The order of keys in a JavaScript object depends
// on its history, which differs between replicas.
#pragma once

#include <string>
#include <string_view>

#include "syncline/crdt/any.h"

namespace syncline::sim {

std::string canonical_json(const crdt::Any& value);

// True if both are JSON with the same meaning.
bool same_json(std::string_view one, std::string_view other);

}  // namespace syncline::sim
