// What effects say, and what they said once.
#pragma once

#include <cstdint>

namespace syncline::crdt {

// By the rules of version 1, which old logs hold effects of, every type is told for itself, and no
// touch says that it covers what is below it. Such an effect may be too large to be found.
enum class EffectRules : std::uint8_t { kVersion1, kCurrent };

}  // namespace syncline::crdt
