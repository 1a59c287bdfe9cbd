// IdSet: a set of ids, stored as sorted ranges per client. It represents delete sets, and what an
// update contains or lacks. StateVector: for each client, the first clock that is not known.
//
// Invariant of IdSet: within a client, ranges are sorted by clock, do not overlap and do not touch.
// Costs: add at the end amortised O(1), elsewhere O(ranges of the client); contains O(log ranges).
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/crdt/id.h"
#include "syncline/crdt/wire.h"
#include "syncline/error.h"

namespace syncline::crdt {

struct ClockRange {
  Clock clock = 0;
  Clock len = 0;

  Clock end() const { return clock + len; }
  bool operator==(const ClockRange&) const = default;
};

class IdSet {
 public:
  using Ranges = std::vector<ClockRange>;
  // Ascending by client. Encoders write the highest client first, as Yjs does.
  using Clients = std::map<ClientId, Ranges>;

  void add(ClientId client, Clock clock, Clock len);
  void add(const IdSet& other);
  // Adds ranges that may be unsorted, overlapping or empty, in O(n log n). Consumes `ranges`.
  void add(ClientId client, Ranges ranges);
  // Removes the ranges of a client and returns them.
  Ranges take(ClientId client);
  // Removes all ids of `other`.
  void remove(const IdSet& other);

  bool contains(Id id) const;
  void clear() { clients_.clear(); }
  bool empty() const { return clients_.empty(); }
  const Clients& clients() const { return clients_; }
  const Ranges* find(ClientId client) const;

  bool operator==(const IdSet&) const = default;

 private:
  Clients clients_;
};

// A delete set names the ids of elements that were deleted.
using DeleteSet = IdSet;

class StateVector {
 public:
  using Clients = std::map<ClientId, Clock>;

  // The first unknown clock of `client`; 0 if no clock is known.
  Clock get(ClientId client) const;
  void set(ClientId client, Clock clock);
  // Sets the clock to at least `clock`.
  void raise(ClientId client, Clock clock);

  // True if everything that `other` knows is known here.
  bool covers(const StateVector& other) const;

  const Clients& clients() const { return clients_; }
  bool operator==(const StateVector&) const = default;

 private:
  Clients clients_;  // without zero entries
};

// The encoding of Yjs's encodeStateVector. A replica sends it to ask for what it lacks.
Bytes encode_state_vector(const StateVector& vector);
Result<StateVector> decode_state_vector(ByteView bytes);

// A delete set by itself, as snapshots contain it.
Bytes encode_delete_set(const DeleteSet& deletes, UpdateVersion version);
Result<DeleteSet> decode_delete_set(ByteView bytes, UpdateVersion version);

}  // namespace syncline::crdt
