// Transaction: what a round of changes did, kept from its first change to the end of its events.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "crdt/doc.h"
#include "crdt/id_set.h"
#include "crdt/item.h"

namespace syncline::crdt {

// A type that was changed directly, and where. Types that the transaction itself created or deleted
// are not listed, as in Yjs.
struct ChangedType {
  TypeIndex type = kNoType;
  bool sequence = false;       // its sequence changed
  std::vector<KeyIndex> keys;  // keys of its map, in order of first change
  bool dropped = false;        // it was deleted later on: treat the entry as absent
};

struct Transaction {
  // How far a client's structs went before the transaction and after it (before its events). Only
  // clients that got something new are listed.
  struct Advance {
    ClientIndex client = kNoClient;
    Clock before = 0;
    Clock after = 0;
  };
  struct DeletedRange {
    ClientIndex client = kNoClient;
    Clock clock = 0;
    Clock len = 0;
  };

  Origin origin = 0;
  bool local = true;

  std::vector<Advance> advances;
  // As they happened; sorted by client and clock, and joined, before events are fired.
  std::vector<DeletedRange> deleted;
  std::vector<ChangedType> changed;  // in order of first change
  boost::unordered_flat_map<TypeIndex, std::uint32_t> changed_index;
  std::vector<DenseId> merge_candidates;  // right parts of splits, and the like

  // Subdocuments, by the item that holds them, in order.
  std::vector<Subdoc> subdocs_added;
  std::vector<Subdoc> subdocs_removed;
  std::vector<Subdoc> subdocs_loaded;
  std::vector<Handle> subdoc_items_added;

  // Set by the events of a remote transaction that touched text with formats: Yjs then removes
  // needless formats in a transaction of its own (Engine::clean_formatting).
  bool needs_formatting_cleanup = false;

  // First clock of `client` that this transaction added; its current state if it added none.
  Clock before(ClientIndex client, Clock state) const {
    for (const Advance& advance : advances)
      if (advance.client == client) return advance.before;
    return state;
  }

  // True if the transaction inserted this id. Items do not straddle the border while anyone
  // observes types: asking for an item's first id is enough.
  bool adds(DenseId id) const {
    for (const Advance& advance : advances)
      if (advance.client == id.client) return id.clock >= advance.before;
    return false;
  }

  // True if the transaction deleted this id. Valid once `deleted` is sorted, so in events.
  bool deletes(DenseId id) const;

  bool empty() const { return advances.empty() && deleted.empty(); }
  void sort_deleted();
  void clear();  // keeps the memory
};

}  // namespace syncline::crdt
