// The effect of a change to a document, in the bytes that its event keeps.
// Specified, with an example, in docs/formats/effect.md.
#pragma once

#include "syncline/bytes.h"
#include "syncline/crdt/effect.h"
#include "syncline/error.h"

namespace syncline::merge {

// An effect that touches more places than this keeps the first ones and says that there were more.
inline constexpr std::size_t kMaxTouches = 256;

struct StoredEffect {
  crdt::Effect effect;
  bool truncated = false;  // it touched more than kMaxTouches places
};

Bytes encode_effect(const crdt::Effect& effect);
Result<StoredEffect> decode_effect(ByteView bytes);

}  // namespace syncline::merge
