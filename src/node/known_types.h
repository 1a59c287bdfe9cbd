// The types of objects that this build knows: the one place where they are named.
#pragma once

#include "merge/type_registry.h"

namespace syncline::node {

// Immutable; lives as long as the program; from any thread.
const merge::TypeRegistry& known_types();

}  // namespace syncline::node
