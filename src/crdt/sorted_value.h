// The order-free form of a packed value: two values are equal exactly if these bytes are.
//
// The members of an object have an order, which JavaScript keeps and which is part of the packed
// bytes. It is no part of the value: clients that keep objects in hash maps (yrs) write the members
// in another order each time. Here the members of every object, at any depth, are sorted by key.
//
// Numbers: a packed number has one form, whichever encoding it arrived in (packed.h), so the integer
// 1 and the float 1.0 are equal already. Minus zero equals zero, as in JavaScript, and NaN equals NaN.
// A BigInt is of another type than a number, as in JavaScript, and never equals one. Of repeated keys
// the decoder kept the last, so no key comes twice.
//
// Costs O(n log n) for n bytes: each byte is copied once. Recursion is bounded by kMaxAnyDepth. Memory:
// the result, 8 bytes for each nested object and array, 32 for each member of the objects that are
// open.
#pragma once

#include "syncline/bytes.h"

namespace syncline::crdt {

// `packed`: one value in canonical form, as the decoder and the store have it.
Bytes sorted_value(ByteView packed);

// True if both are the same value. Costs the bytes if they are equal, else what sorting both costs.
bool same_value(ByteView a, ByteView b);

}  // namespace syncline::crdt
