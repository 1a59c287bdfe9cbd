// Finds the items of one sequence that a transaction touched, so that the delta of an event need
// not walk over everything that did not change.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "crdt/engine.h"

namespace syncline::crdt {

// The items of the type's sequence that the transaction inserted or deleted, in sequence order.
// Empty if the transaction touched so many items, of this type or of others, that a walk over the
// sequence is cheaper. Costs: O(log n) for each, plus sorting.
std::optional<std::vector<Handle>> touched_items(const Engine& engine,
                                                 const Transaction& transaction, TypeIndex type);

// The number of visible elements from one item of a sequence to another, without the second;
// kNoItem: to the end.
std::uint32_t visible_between(const Engine& engine, TypeIndex type, Handle from, Handle to);

}  // namespace syncline::crdt
