// Transaction: what a round of changes did, kept from its first change to the end of its events.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "crdt/client_table.h"
#include "crdt/id_codec.h"
#include "crdt/item.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/id_set.h"

namespace syncline::crdt {

// A type that was changed directly, and where. Types that the transaction itself created or deleted
// are not listed, as in Yjs.
struct ChangedType {
  TypeIndex type = kNoType;
  bool sequence = false;       // its sequence changed
  std::vector<KeyIndex> keys;  // keys of its map, in order of first change
  bool dropped = false;        // it was deleted later on: treat the entry as absent
};

struct AddedSubdoc {
  DenseId item;  // that holds it; none if it only was unloaded
  Subdoc subdoc;
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
  // The clients in `deleted`, in order of first deletion; empty if that is the order there.
  std::vector<ClientIndex> deleted_clients;
  std::vector<ChangedType> changed;       // in order of first change
  std::vector<DenseId> merge_candidates;  // right parts of splits, and the like

  // The types that changed, and all around them, as they were when observers were called. Only
  // collected while somebody observes transactions.
  std::vector<TypeIndex> concerned;

  // Subdocuments, by the item that holds them, in order.
  std::vector<AddedSubdoc> subdocs_added;
  std::vector<Subdoc> subdocs_removed;
  std::vector<Subdoc> subdocs_loaded;

  // Its update in both versions, as far as somebody asked for it.
  Bytes update_v1;
  Bytes update_v2;

  // Nothing is left to collect or to merge: a document was loaded in the form it was saved in.
  bool settled = false;

  // Moving one border (Engine::erase_border) is all that it deleted.
  bool moved_border = false;

  // Set by the events of a remote transaction that touched text with formats: Yjs then removes
  // needless formats in a transaction of its own (Engine::clean_formatting).
  bool needs_formatting_cleanup = false;

  // The entry of a type in `changed`, or nullptr; and the same with one added if need be.
  ChangedType* find_changed(TypeIndex type);
  ChangedType& change(TypeIndex type);
  void change_key(ChangedType& entry, KeyIndex key);

  // The entry of a client in `advances`, or nullptr.
  const Advance* find_advance(ClientIndex client) const {
    if (advances.size() > kFew) return find_advance_indexed(client);
    for (const Advance& advance : advances)
      if (advance.client == client) return &advance;
    return nullptr;
  }
  void add_advance(ClientIndex client, Clock before);

  // True if the transaction inserted this id. Items do not straddle the border while anyone
  // observes types: asking for an item's first id is enough.
  bool adds(DenseId id) const {
    const Advance* advance = find_advance(id.client);
    return advance != nullptr && id.clock >= advance->before;
  }

  // True if the transaction deleted this id. Valid once `deleted` is sorted, so in events.
  bool deletes(DenseId id) const;

  // True if there is an update to send. Valid in and after events.
  bool has_content() const {
    if (!deleted.empty()) return true;
    for (const Advance& advance : advances)
      if (advance.after != advance.before) return true;
    return false;
  }
  bool has_subdocs() const {
    return !subdocs_added.empty() || !subdocs_removed.empty() || !subdocs_loaded.empty();
  }
  void sort_deleted();
  void write_deleted(const ClientTable& clients, DeleteSetWriter out) const;
  void clear();  // keeps the memory

 private:
  void clear_tables();
  void note_deleted_clients();

  const Advance* find_advance_indexed(ClientIndex client) const;

  static constexpr std::size_t kFew = 8;  // so many are found by scanning

  // Of lists that are longer than that.
  boost::unordered_flat_map<ClientIndex, std::uint32_t> advance_index_;
  boost::unordered_flat_map<TypeIndex, std::uint32_t> changed_index_;
  boost::unordered_flat_set<std::uint64_t> changed_keys_;  // type and key
};

}  // namespace syncline::crdt
