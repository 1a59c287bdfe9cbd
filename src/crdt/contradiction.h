// Detects that two replicas use one client id.
//
// An id names one element for ever. An update may repeat elements that the document knows, but only
// with the same content. If the content differs, two replicas edit under one client id (a copied
// device, a restored backup). They can never converge, because each takes the other's elements for
// its own. Yjs does not notice this; here the update is refused.
//
// Everything that is still there is compared: text, values and byte strings. Values are compared as
// values, not as bytes, so the order of an object's members does not matter (sorted_value.h). Two
// things cannot be compared: deleted content, which is forgotten, and U+FFFD, which may replace
// half of a surrogate pair on one replica only. Costs: O(size of the repeated part), times a
// logarithm where members come in another order.
#pragma once

#include <optional>

#include "crdt/block.h"
#include "crdt/store.h"

namespace syncline::crdt {

// The id of the first element that `update` and `store` hold with different content.
std::optional<Id> find_contradiction(const Store& store, const DecodedUpdate& update);

}  // namespace syncline::crdt
