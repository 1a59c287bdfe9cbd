// A value as JSON with the keys of objects in order: that of a JavaScript object tells of its history,
// which replicas do not share.
#pragma once

#include <string>
#include <string_view>

#include "syncline/crdt/any.h"

namespace syncline::sim {

std::string canonical_json(const crdt::Any& value);

// Both are JSON, and say the same.
bool same_json(std::string_view one, std::string_view other);

}  // namespace syncline::sim
