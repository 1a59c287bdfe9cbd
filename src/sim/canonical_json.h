// A value as JSON with the keys of objects in order: that of a JavaScript object tells of its history,
// which replicas do not share.
#pragma once

#include <string>

#include "syncline/crdt/any.h"

namespace syncline::sim {

std::string canonical_json(const crdt::Any& value);

}  // namespace syncline::sim
