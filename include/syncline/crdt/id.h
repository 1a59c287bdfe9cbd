// Identities of elements. Every inserted element has an Id (client, clock). The clocks of one
// client have no gaps.
#pragma once

#include <compare>
#include <cstdint>

namespace syncline::crdt {

// Each replica draws its id at random. Yjs 13 draws 32 bits, Yjs 14 up to 53 bits. A larger id is
// malformed.
using ClientId = std::uint64_t;
inline constexpr ClientId kMaxClientId = (std::uint64_t{1} << 53) - 1;

// Counts the elements that a client has ever inserted; in text, each UTF-16 unit counts. This
// engine uses 32 bits (4 thousand million elements per client) and refuses updates beyond that.
using Clock = std::uint32_t;

struct Id {
  ClientId client = 0;
  Clock clock = 0;

  auto operator<=>(const Id&) const = default;
};

}  // namespace syncline::crdt
