// Store: the data of a document: items, the indices over them, and their content.
//
// These functions keep the indices consistent with each other. They know nothing of transactions,
// conflicts or events. A reference to an item is valid until the item is merged away. A view of
// content is valid until content is added (by an insert or a split) or the store is compacted; that
// happens only at the end of a transaction.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/rarely.h"
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
  Rarely<boost::unordered_flat_map<Handle, DenseId>> redone;  // for items with the flag `redone`
  // Steps of the loops whose length an update can choose. Tests judge costs by it, not by time.
  mutable std::uint64_t work = 0;

  Item& operator[](Handle handle) { return items[handle]; }
  const Item& operator[](Handle handle) const { return items[handle]; }

  // ---- ids
  Id id(DenseId id) const { return {clients[id.client].id, id.clock}; }
  bool known(DenseId id) const { return id.clock < clients[id.client].clock; }
  // The struct that contains a known id.
  Handle find(DenseId id) const { return clients[id.client].structs.find(id.clock); }
  StateVector state_vector() const;
  DeleteSet delete_set() const;
  // Adds the ranges of a client's deleted structs to `ranges`, and joins adjacent ones. The second
  // function does this for one struct; the caller passes the structs in order. The client's ranges
  // begin at index `first`.
  void add_deleted(ClientIndex client, std::vector<ClockRange>& ranges) const;
  static void add_deleted(const Item& item, std::size_t first, std::vector<ClockRange>& ranges) {
    if (!item.deleted) return;
    if (ranges.size() > first && ranges.back().end() == item.clock)
      ranges.back().len += item.len;
    else
      ranges.push_back({item.clock, item.len});
  }

  // Calls `visit(handle, from, to)` for each struct with live elements among the known clocks from
  // `from` to `end`: with those of its clocks. `visit` may delete these elements, and cut the struct.
  // Passes over what is known to be deleted (dead_clocks.h). The walk ends early, with false, if `visit`
  // returns false, or before it takes more than `most` steps.
  template <typename Visit>
  bool visit_live(ClientIndex index, Clock from, Clock end, Visit&& visit,
                  std::uint64_t most = ~std::uint64_t{0}) const {
    const ClientState& client = clients[index];
    Clock dead_from = 0;
    std::size_t dead = 0;  // deleted structs in a row, from `dead_from` on
    Clock clock = from;
    const auto note = [&] {
      if (dead >= DeadClocks::kWorthNoting) {
        client.dead.add(dead_from, clock);
        clients.touch(index);
      }
      dead = 0;
    };
    for (; clock < end; ++work) {
      if (most-- == 0) return note(), false;
      if (const Clock skipped = client.dead.skip(clock); skipped > clock) {
        note();
        clock = skipped;
        continue;
      }
      const Handle handle = client.structs.find(clock);
      const Item& item = items[handle];
      const Clock item_end = item.end();
      if (item.deleted) {
        if (dead++ == 0) dead_from = item.clock;
      } else {
        note();
        if (!visit(handle, clock, std::min(end, item_end))) return false;
      }
      clock = item_end;
    }
    note();
    return true;
  }

  // ---- splitting and merging

  // Cuts an item (not a GC struct) before element number `offset`, 0 < offset < len, and returns
  // the right part. A cut inside a surrogate pair puts U+FFFD on both sides.
  Handle split(Handle item, Clock offset);

  // True if two structs can be merged by Yjs's rules. `right` must follow `left` by clock.
  bool mergeable(const Item& left, Handle right_handle, const Item& right) const;
  // The same for two structs by handle, and for the struct at `p` and the one before it.
  bool merge(Handle left_handle, Handle right) const {
    const Item& left = items[left_handle];
    return (left.right == right || left.is_gc()) && mergeable(left, right, items[right]);
  }
  bool merges_with_left(const IdIndex& structs, IdIndex::Position p) const {
    return merge(structs.at(structs.prev(p)), structs.at(p));
  }
  // Merges them: the struct at `p` disappears, and `p` becomes the place of the merged struct.
  void merge_with_left(ClientState& client, IdIndex::Position& p);

  // Delete and forget the last (or first) `count` elements of a run, but not all of them, by moving
  // the border to the forgotten run next to it. The result is the same as after splitting,
  // deleting, forgetting and merging. The run next to it may also be deleted but not yet forgotten;
  // then the caller must know that it will be forgotten together with these elements. If there is
  // no such run, they do nothing and return false.
  bool give_end(Handle item, Clock count);
  bool give_start(Handle item, Clock count);

  // ---- content
  std::string_view text(const Item& item) const {
    return clients[item.client].text.view(item.content, item.bytes);
  }
  // Value number n of an item with has_values(kind). value_arena.h describes its form.
  ByteView value(const Item& item, Clock n = 0) const {
    return clients[item.client].values.value(item.content + n);
  }
  // All values of an item, one after another.
  ByteView values(const Item& item) const {
    return clients[item.client].values.values(item.content, item.len);
  }
  // kFormat: the name of the attribute. kDoc: the guid.
  KeyIndex name(const Item& item) const { return ValueArena::name_of(value(item)); }
  // kFormat: the packed value of the attribute. kDoc: the packed options.
  ByteView named_value(const Item& item) const { return value(item).subspan(4); }

  // Forgets the content of an item: it becomes kDeleted. If it holds a type, the type must be
  // empty.
  void drop_content(Item& item);

  // The struct as an update contains it, without its first `offset` clocks. The views are valid as
  // described above. If the cut is inside a surrogate pair, the text is in `cut`. Costs no more
  // than the rest of the struct.
  Block block(const Item& item) const;
  Block block(const Item& item, Clock offset, std::string& cut) const;

  // Releases memory if more than half of a client's content is dead.
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
