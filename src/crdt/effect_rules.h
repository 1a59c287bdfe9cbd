// The versions of the rules for effects.
#pragma once

#include <cstdint>

namespace syncline::crdt {

// Logs of old versions contain effects by the rules of version 1. By these rules, every type is
// listed by itself, and no touch covers what is below it. To compute such an effect can exceed a
// limit.
enum class EffectRules : std::uint8_t { kVersion1, kCurrent };

}  // namespace syncline::crdt
