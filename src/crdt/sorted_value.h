// The order-free form of a packed value: two values are equal exactly if their order-free forms
// have the same bytes.
//
// JavaScript keeps the order of an object's members, and packed bytes contain it. But the order is
// not part of the value: clients that store objects in hash maps (yrs) write the members in a
// different order each time. This form sorts the members of every object by key, at every depth.
//
// Numbers: a packed number has only one form, whatever its encoding on the wire was (packed.h), so
// the integer 1 and the float 1.0 are already equal. Minus zero equals zero, as in JavaScript, and
// NaN equals NaN. A BigInt never equals a number, as in JavaScript. The decoder has kept only the
// last of repeated keys, so keys are unique.
//
// Costs: O(n log n) for n bytes; each byte is copied once. kMaxAnyDepth bounds the recursion.
// Memory: the result, 8 bytes for each nested object or array, and 32 bytes for each member of the
// objects that are open.
#pragma once

#include "syncline/bytes.h"

namespace syncline::crdt {

// `packed` is one value in canonical form, as the decoder and the store hold it.
Bytes sorted_value(ByteView packed);

// True if both are the same value. If the bytes are equal, costs their comparison; otherwise,
// sorting both.
bool same_value(ByteView a, ByteView b);

}  // namespace syncline::crdt
