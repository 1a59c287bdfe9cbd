// Finds out whether two replicas use one client id.
//
// An id names one element for ever, so an update may repeat what a document knows, but never say it
// differently. If it does, two replicas edit under one client id (a copied device, a restored
// backup), and they can never converge: each takes the other's elements for its own. Yjs lets that
// pass in silence; here the update is refused.
//
// What can be compared is compared: text, values and byte strings that are still there. Values are
// compared as values, not as bytes: the order of an object's members does not count
// (sorted_value.h). Deleted content is forgotten, and U+FFFD stands for halves of surrogate pairs
// that were cut on one replica only, so both say nothing. Costs what the repeated part of the update
// weighs, times a logarithm where members come in another order.
#pragma once

#include <optional>

#include "crdt/block.h"
#include "crdt/store.h"

namespace syncline::crdt {

// The id of the first element that `update` and `store` hold with different content.
std::optional<Id> find_contradiction(const Store& store, const DecodedUpdate& update);

}  // namespace syncline::crdt
