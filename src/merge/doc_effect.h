// The effect of a Yjs update in the words of every type, and in the bytes of version 1.
#pragma once

#include "merge/effect.h"
#include "syncline/bytes.h"
#include "syncline/crdt/effect.h"

namespace syncline::merge {

// Moves the paths out of `effect`.
Effect neutral_effect(crdt::Effect&& effect);

// As events of version 0.1 keep it (docs/formats/effect.md). `effect` must have been found by the
// rules of version 1.
Bytes encode_effect_version1(const crdt::Effect& effect);

}  // namespace syncline::merge
