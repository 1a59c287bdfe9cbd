// What a transaction touched of one sequence, so that the delta of an event need not walk over all
// that stayed as it was.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "crdt/engine.h"

namespace syncline::crdt {

// The items of the type's sequence that the transaction inserted or deleted, in their order there.
// None if they are so many, of this type or others, that to walk over the sequence is less work.
// Costs: O(log n) for each, and their sorting.
std::optional<std::vector<Handle>> touched_items(const Engine& engine,
                                                 const Transaction& transaction, TypeIndex type);

// Visible elements from one item of a sequence to another, which is left out; kNoItem: to the end.
std::uint32_t visible_between(const Engine& engine, TypeIndex type, Handle from, Handle to);

}  // namespace syncline::crdt
