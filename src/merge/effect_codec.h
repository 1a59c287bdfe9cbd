// Encodes the effect of a change as an event stores it. docs/formats/effect.md specifies the bytes
// and has an example.
//
// An effect is cut only here, for storage. Deciders always get the complete effect.
#pragma once

#include <cstddef>
#include <cstdint>

#include "merge/effect.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::merge {

// An event stores the first touches of an effect, up to this number and this total size, and a flag
// if there were more.
inline constexpr std::size_t kMaxTouches = 256;
inline constexpr std::size_t kMaxStoredEffectBytes = std::size_t{64} << 10;

// The version of the bytes that encode_effect() writes.
inline constexpr std::uint8_t kEffectVersion = 2;

struct StoredEffect {
  Effect effect;
  bool truncated = false;  // there were more touches than are stored
};

Bytes encode_effect(const Effect& effect);

// Also decodes version 1. Its touches do not say what they cover (all become kPlace), and what it
// says about waiting is skipped. kUnsupported for a later version, kMalformed for other bytes.
Result<StoredEffect> decode_effect(ByteView bytes);

// The version of a stored effect; 0 if it is empty.
std::uint8_t effect_version(ByteView bytes);

}  // namespace syncline::merge
