// Cuts the state of a document into updates that a server accepts one by one.
//
// A server limits what one request may bring, and a document may have more. Each piece is an update that can be applied
// as soon as those before it were: a struct comes after those that it refers to. Long texts and long runs of values are
// cut between characters and values, as Yjs does it; a value that is too long by itself cannot be cut. Deletions come
// with the piece that brings what they delete, so that nobody sees again what was deleted long ago.
//
// Pure. Costs: O(size of the update) and a factor of log(clients).
#pragma once

#include <cstddef>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/crdt/id_set.h"
#include "syncline/error.h"

namespace syncline::migrate {

struct PiecePlan {
  crdt::StateVector from;   // what the receiver has: left out
  crdt::DeleteSet deleted;  // the same of deletions
  crdt::StateVector to;     // what the document has; later clocks wait for others and are left out
  std::size_t max_bytes = 0;  // of a piece, about: up to a few kilobytes more
};

// The pieces, in order, as updates of version 1; none if the receiver has everything.
//   kTooLarge   one value has more bytes than a piece
//   kInvalid    structs that depend on each other, or on something that neither side has
Result<std::vector<Bytes>> cut_update(ByteView update, const PiecePlan& plan);

}  // namespace syncline::migrate
