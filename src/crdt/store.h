// Store: everything that a document holds: items, the indices over them, and their content.
//
// The operations here keep the indices consistent with each other, and know nothing of
// transactions, conflicts or events. References to items stay valid until the item is merged away;
// views of content until content is added (an insert, a split) or the store is compacted, which
// happens at the end of a transaction only.
#pragma once

#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "crdt/block.h"
#include "crdt/client_table.h"
#include "crdt/id_codec.h"
#include "crdt/item.h"
#include "crdt/item_arena.h"
#include "crdt/key_table.h"
#include "crdt/sequence.h"
#include "crdt/type_table.h"
#include "syncline/bytes.h"
#include "syncline/crdt/id_set.h"
#include "syncline/error.h"

namespace syncline::crdt {

class Store {
 public:
  Store() : sequences(items) {}

  ItemArena items;
  ClientTable clients;
  KeyTable keys;
  TypeTable types;
  SequencePool sequences;
  boost::unordered_flat_map<Handle, DenseId> redone;  // of items with the flag `redone`

  Item& operator[](Handle handle) { return items[handle]; }
  const Item& operator[](Handle handle) const { return items[handle]; }

  // ---- ids
  Id id(DenseId id) const { return {clients[id.client].id, id.clock}; }
  bool known(DenseId id) const { return id.clock < clients[id.client].clock; }
  // The struct that holds a known id.
  Handle find(DenseId id) const { return clients[id.client].structs.find(id.clock); }
  StateVector state_vector() const;
  DeleteSet delete_set() const;
  // Adds the ranges of a client's deleted structs to `ranges`, joined where they touch. The same
  // struct by struct, in order; the client's ranges begin at `first`.
  void add_deleted(ClientIndex client, std::vector<ClockRange>& ranges) const;
  static void add_deleted(const Item& item, std::size_t first, std::vector<ClockRange>& ranges) {
    if (!item.deleted) return;
    if (ranges.size() > first && ranges.back().end() == item.clock)
      ranges.back().len += item.len;
    else
      ranges.push_back({item.clock, item.len});
  }

  // ---- splitting and merging

  // Cuts an item (not a GC struct) before its `offset`-th element, 0 < offset < len; returns the
  // right part. A cut through a surrogate pair puts U+FFFD on both sides.
  Handle split(Handle item, Clock offset);

  // True if two structs, the right one behind the left one by clock, merge as Yjs defines it.
  bool mergeable(const Item& left, Handle right_handle, const Item& right) const;
  // The same of structs by handle, and of the struct at `p` and the one before it.
  bool merge(Handle left_handle, Handle right) const {
    const Item& left = items[left_handle];
    return (left.right == right || left.is_gc()) && mergeable(left, right, items[right]);
  }
  bool merges_with_left(const IdIndex& structs, IdIndex::Position p) const {
    return merge(structs.at(structs.prev(p)), structs.at(p));
  }
  // Merges them: the struct at `p` is gone then, and `p` is its predecessor's place.
  void merge_with_left(ClientState& client, IdIndex::Position& p);

  // Deletes and forgets the last or the first `count` elements of a run (not all of them) by moving
  // the border to the forgotten run beside it: what splitting, deleting, forgetting and merging
  // would come to. Or to a deleted run that is to be forgotten, and these with it; that it is, is
  // for the caller to know. False, and nothing done, if it is not so.
  bool give_end(Handle item, Clock count);
  bool give_start(Handle item, Clock count);

  // ---- content
  std::string_view text(const Item& item) const {
    return clients[item.client].text.view(item.content, item.bytes);
  }
  // The n-th value of an item with has_values(kind): see value_arena.h for its form.
  ByteView value(const Item& item, Clock n = 0) const {
    return clients[item.client].values.value(item.content + n);
  }
  // All of an item's values, one after another.
  ByteView values(const Item& item) const {
    return clients[item.client].values.values(item.content, item.len);
  }
  // kFormat: the attribute's name. kDoc: the guid.
  KeyIndex name(const Item& item) const { return ValueArena::name_of(value(item)); }
  // kFormat: the attribute's packed value. kDoc: the packed options.
  ByteView named_value(const Item& item) const { return value(item).subspan(4); }

  // Forgets an item's content: it becomes kDeleted. Its type, if it holds one, must be empty.
  void drop_content(Item& item);

  // The struct as it goes into an update, without its first `offset` clocks. Views as above; but
  // `cut` holds the text when the cut goes through a surrogate pair. Costs no more than the rest.
  Block block(const Item& item) const;
  Block block(const Item& item, Clock offset, std::string& cut) const;

  // Gives memory back where more than half of a client's content is dead.
  void compact(ClientIndex client);

  // ---- for tests and budgets
  Result<void> check() const;
  std::size_t memory_bytes() const;

 private:
  bool can_give(const Item& item, const Item& to, Clock count) const;
  void split_content(Item& left, Item& right, Clock offset);
  void split_text(Item& left, Item& right, Clock offset);
  void merge_content(Item& left, const Item& right);
  Result<void> check_client(ClientIndex client) const;
  Result<void> check_type(TypeIndex type) const;
};

}  // namespace syncline::crdt
