// Converts the effect of a Yjs update to the neutral form of all types, and to the bytes of version
// 1.
#pragma once

#include "merge/effect.h"
#include "syncline/bytes.h"
#include "syncline/crdt/effect.h"

namespace syncline::merge {

// Takes the paths out of `effect` by moving them.
Effect neutral_effect(crdt::Effect&& effect);

// The bytes that events of version 0.1 contain (docs/formats/effect.md). `effect` must have been
// computed by the rules of version 1.
Bytes encode_effect_version1(const crdt::Effect& effect);

}  // namespace syncline::merge
