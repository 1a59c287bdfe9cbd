// Names of operations: every inserted element has the Id (client, clock); a client's clocks are
// dense.
#pragma once

#include <compare>
#include <cstdint>

namespace syncline::crdt {

// Chosen at random by each replica. Yjs 13 draws 32 bits, Yjs 14 up to 53; more is malformed.
using ClientId = std::uint64_t;
inline constexpr ClientId kMaxClientId = (std::uint64_t{1} << 53) - 1;

// Counts the elements that one client ever inserted, in UTF-16 units for text. 32 bits are a limit
// of this engine (four thousand million elements per client); an update beyond it is refused.
using Clock = std::uint32_t;

struct Id {
  ClientId client = 0;
  Clock clock = 0;

  auto operator<=>(const Id&) const = default;
};

}  // namespace syncline::crdt
