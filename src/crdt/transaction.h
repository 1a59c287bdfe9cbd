// Transaction: what a set of changes did. It lives from the first change until its events have been
// delivered.
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

// A type that was changed directly, and where. As in Yjs, types that the transaction itself created
// or deleted are not listed.
struct ChangedType {
  TypeIndex type = kNoType;
  bool sequence = false;       // its sequence changed
  std::vector<KeyIndex> keys;  // keys of its map, in order of first change
  bool dropped = false;        // the type was deleted later: ignore this entry
};

struct AddedSubdoc {
  DenseId item;  // the item that holds it; none if it was only unloaded
  Subdoc subdoc;
};

struct Transaction {
  // The clock of a client before the transaction and after it (before its events). Only clients
  // with new structs are listed.
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
  // In order of deletion. Before events are delivered, sorted by client and clock, and joined.
  std::vector<DeletedRange> deleted;
  // The clients in `deleted`, by first deletion; empty if this equals their order in `deleted`.
  std::vector<ClientIndex> deleted_clients;
  std::vector<ChangedType> changed;       // in order of first change
  std::vector<DenseId> merge_candidates;  // right parts of splits and similar

  // The types that changed and all types that contain them, as of the call of the observers.
  // Collected only if somebody observes transactions.
  std::vector<TypeIndex> concerned;

  // Subdocuments, in the order of the items that hold them.
  std::vector<AddedSubdoc> subdocs_added;
  std::vector<DenseId> subdocs_gone;  // items of `subdocs_added` that the transaction also removed
  std::vector<Subdoc> subdocs_removed;
  std::vector<Subdoc> subdocs_loaded;

  // The update of the transaction in both versions; empty until somebody asks for it.
  Bytes update_v1;
  Bytes update_v2;

  // True if nothing is left to collect or to merge, because a document was loaded in the form in
  // which it was saved.
  bool settled = false;

  // True if the only deletion was to move one border (Engine::erase_border).
  bool moved_border = false;

  // Set by the events of a remote transaction that touched text with formats. Yjs then removes
  // redundant formats in a transaction of its own (Engine::clean_formatting).
  bool needs_formatting_cleanup = false;

  // find_changed: the entry of a type in `changed`, or nullptr. change: the same, but adds a
  // missing entry.
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

  // True if the transaction inserted this id. While somebody observes types, no item crosses the
  // border of a transaction, so it is enough to ask for an item's first id.
  bool adds(DenseId id) const {
    const Advance* advance = find_advance(id.client);
    return advance != nullptr && id.clock >= advance->before;
  }

  // True if the transaction deleted this id. Valid once `deleted` is sorted, so during events.
  bool deletes(DenseId id) const;

  // True if there is an update to send. Valid during and after events.
  bool has_content() const {
    if (!deleted.empty()) return true;
    for (const Advance& advance : advances)
      if (advance.after != advance.before) return true;
    return false;
  }
  bool has_subdocs() const {
    return !subdocs_added.empty() || !subdocs_removed.empty() || !subdocs_loaded.empty();
  }
  // Removes what is in `subdocs_gone` from `subdocs_added`.
  void drop_gone_subdocs();
  void sort_deleted();
  void write_deleted(const ClientTable& clients, DeleteSetWriter out) const;
  void clear();  // keeps the memory

 private:
  void clear_tables();
  void note_deleted_clients();

  const Advance* find_advance_indexed(ClientIndex client) const;

  static constexpr std::size_t kFew = 8;  // up to this many are searched without an index

  // Indexes of longer lists.
  boost::unordered_flat_map<ClientIndex, std::uint32_t> advance_index_;
  boost::unordered_flat_map<TypeIndex, std::uint32_t> changed_index_;
  boost::unordered_flat_set<std::uint64_t> changed_keys_;  // type and key
};

}  // namespace syncline::crdt
