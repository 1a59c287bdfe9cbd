// The effect of a change in the bytes that its event keeps.
// Specified, with an example, in docs/formats/effect.md.
//
// An effect is cut only here, when it is stored: who decides on a change is given all of it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "merge/effect.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::merge {

// So many touches are kept of an effect, and as long as all of it is not longer than this in bytes:
// the first ones. It then says that there were more.
inline constexpr std::size_t kMaxTouches = 256;
inline constexpr std::size_t kMaxStoredEffectBytes = std::size_t{64} << 10;

// The version of the bytes that encode_effect() writes.
inline constexpr std::uint8_t kEffectVersion = 2;

struct StoredEffect {
  Effect effect;
  bool truncated = false;  // there were more touches than are kept
};

Bytes encode_effect(const Effect& effect);

// Also of version 1, whose touches do not say what they cover (all are kPlace). What version 1 tells of
// what a change waits for is passed over. kUnsupported: a later version; kMalformed: no effect.
Result<StoredEffect> decode_effect(ByteView bytes);

// The version of a stored effect; 0: it is empty.
std::uint8_t effect_version(ByteView bytes);

}  // namespace syncline::merge
