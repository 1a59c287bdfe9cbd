// The second half of BulkLoad, from items to the document: order, links, deletions, trees.
#include <algorithm>

#include "base/assert.h"
#include "crdt/bulk_load.h"

namespace syncline::crdt {

// As in UpdateOrder: takes the clients from the highest id down; if a struct needs another client's
// struct, that client goes first. False if clients wait for each other in a circle.
bool BulkLoad::find_order() {
  if (sources_.size() < 2) return true;
  std::vector<Source*> open;
  for (Source& source : sources_) {
    source.next = source.first;
    open.push_back(&source);
  }
  std::ranges::sort(open, {}, &Source::id);
  order_.reserve(clocks_.size() - ItemArena::kFirst);
  std::vector<Source*> stack;
  for (; !open.empty(); open.pop_back()) {
    stack.push_back(open.back());
    while (!stack.empty()) {
      Source& source = *stack.back();
      if (source.next == source.end) {
        stack.pop_back();
      } else if (Source* needed = need(source)) {
        if (stack.size() == sources_.size()) return false;
        stack.push_back(needed);
      } else {
        order_.push_back(source.next++);
        if (stack.size() > 1) stack.pop_back();
      }
    }
  }
  return true;
}

// The client that must continue before this one can.
BulkLoad::Source* BulkLoad::need(const Source& source) {
  const Item& item = store_[source.next];
  const auto lacks = [&](DenseId id, Handle handle) -> Source* {
    if (!id.exists() || id.client == source.index) return nullptr;
    Source* other = source_of(id.client);
    return handle >= other->next ? other : nullptr;
  };
  if (item.is_gc()) return nullptr;
  if (Source* other = lacks(item.origin, item.left)) return other;
  if (Source* other = lacks(item.right_origin, item.right)) return other;
  if (item.parent == kNoType) return nullptr;
  const DenseId holder = parents_[item.parent].holder;
  return holder.exists() ? lacks(holder, find(*source_of(holder.client), holder.clock)) : nullptr;
}

ApplyResult BulkLoad::apply(Origin origin) {
  applied_ = true;
  ApplyResult result;
  result.changed = clocks_.size() > ItemArena::kFirst;
  engine_.transact(
      [&](Transaction& transaction) {
        transaction.local = false;
        add_types();
        assign_structs();
        link_all();
        engine_.conflict_lists_.reset();
        apply_deletes();
        join_runs();
        for (TypeIndex type = 0; type < store_.types.size(); ++type)
          store_.sequences.build(store_.types[type].sequence);
        remove_rest();
        transaction.settled = !unsettled_;
      },
      origin, false);
  return result;
}

void BulkLoad::assign_structs() {
  for (const Source& source : sources_) {
    ClientState& client = store_.clients[source.index];
    client.structs.assign(std::span(clocks_).subspan(source.first, source.end - source.first),
                          source.first);
    client.text.shrink();
    client.values.shrink();
  }
}

void BulkLoad::add_types() {
  for (Handle handle = ItemArena::kFirst; !types_.empty() && handle < clocks_.size(); ++handle) {
    Item& item = store_[handle];
    if (item.kind() != BlockKind::kType) continue;
    const NewType& type = types_[item.content];
    item.content = store_.types.add(type.kind, handle, type.name);
  }
}

// ---- links

void BulkLoad::link_all() {
  if (sources_.size() == 1) engine_.advance(sources_.front().index, sources_.front().clocks);
  if (order_.empty()) {
    for (Handle handle = ItemArena::kFirst; handle < clocks_.size(); ++handle) link(handle);
    return;
  }
  for (const Handle handle : order_) {
    const Source& source = *source_of(store_[handle].client);
    if (handle == source.first) engine_.advance(source.index, source.clocks);
    link(handle);
  }
}

void BulkLoad::link(Handle handle) {
  Item& item = store_[handle];
  if (item.is_gc()) return;
  if (has_rests_ && item.keep) {  // it was linked with the beginning of its run
    item.keep = 0;
    return;
  }
  Engine::Placement at;
  at.client = item.client;
  at.clock = item.clock;
  at.origin = item.origin;
  at.right_origin = item.right_origin;
  at.left = item.left;
  at.right = item.right;
  if (item.parent == kNoType) {
    const Item& neighbour = store_[at.left != kNoItem ? at.left : at.right];
    at.parent = neighbour.parent;
    at.key = neighbour.key();
  } else {
    const Parent& parent = parents_[item.parent];
    at.key = parent.key;
    if (parent.root != kNoKey) {
      at.parent = store_.types.root(parent.root);
      if (at.parent == kNoType)
        at.parent = store_.types.add_root(parent.root, TypeKind::kUndefined);
    } else {
      at.parent = store_[store_.find(parent.holder)].content;
    }
  }
  engine_.resolve_conflict(at);
  place(handle, at);
  if (!has_rests_) return;
  for (Handle rest = handle + 1; rest < clocks_.size() && store_[rest].keep; ++rest) {
    at.left = rest - 1;
    place(rest, at);
  }
}

void BulkLoad::place(Handle handle, const Engine::Placement& at) {
  Item& item = store_[handle];
  TypeState& parent = store_.types[at.parent];
  item.parent = at.parent;
  item.keyed = at.key != kNoKey;
  item.left = at.left;
  item.right = at.left != kNoItem ? store_[at.left].right : engine_.leftmost(at.parent, at.key);
  if (item.left != kNoItem) store_[item.left].right = handle;
  if (item.right != kNoItem) store_[item.right].left = handle;
  if (item.keyed) {
    item.place = at.key;
    if (item.right != kNoItem) {
      remove_.push_back(handle);
    } else {
      store_.types.set_value(at.parent, at.key, handle);
      if (item.left != kNoItem) remove_.push_back(item.left);
      if (item.len > 1) long_values_.push_back(handle);
    }
  } else {
    if (item.left == kNoItem) parent.sequence.first = handle;
    if (item.right == kNoItem) parent.sequence.last = handle;
  }
  if (item.kind() == BlockKind::kDeleted) {
    engine_.current_->deleted.push_back({item.client, item.clock, item.len});
  } else if (item.kind() == BlockKind::kFormat) {
    parent.cleans_formats = true;
  }
  engine_.note_linked(handle);
  if (item.keyed || at.parent != last_parent_) engine_.mark_changed(at.parent, at.key);
  last_parent_ = item.keyed ? kNoType : at.parent;
}

// ---- deletions

// No tree exists yet, so none has to be updated.
void BulkLoad::apply_deletes() {
  const DeleteSet::Clients& all = decoded_.deletes.clients();
  for (auto entry = all.rbegin(); entry != all.rend(); ++entry) {
    const Source& source = *source_of(store_.clients.find(entry->first));
    for (const ClockRange& range : entry->second) {
      for (Handle handle = find(source, range.clock);
           handle < source.end && clocks_[handle] < range.end(); ++handle) {
        Item& item = store_[handle];
        if (item.deleted) continue;
        if (item.kind() == BlockKind::kType) {
          remove_.push_back(handle);
          continue;
        }
        item.deleted = true;
        // The cleaning of formats has to see which of them were deleted.
        if (engine_.options.gc && !has_formats_) {
          store_.drop_content(item);
        } else {
          unsettled_ = true;
        }
        engine_.note_deleted(item.id(), item.len, item.parent, item.key());
      }
    }
  }
}

// Deletes items that contain others, and values that were replaced under their key.
void BulkLoad::remove_rest() {
  for (const Handle item : remove_) {
    if (store_[item].deleted) continue;
    engine_.remove(item);
    unsettled_ = true;
  }
  for (const Handle value : long_values_) {
    if (store_[value].deleted) continue;
    engine_.keep_last_unit(value);
    unsettled_ = true;
  }
}

// ---- joining

// Two values of a key, not deleted yet, do not join: the left one will be deleted by remove_rest().
bool BulkLoad::joins(Handle handle) const {
  const Item& item = store_[handle];
  const Item& left = store_[handle - 1];
  return left.client == item.client && store_.mergeable(left, handle, item) &&
         (!item.keyed || item.deleted);
}

// Joins each struct with the one before it if they merge, and rewrites all items without gaps. In a
// saved document there is nothing to join. In a document that was put together from many small
// updates, nearly everything joins.
void BulkLoad::join_runs() {
  Handle first = ItemArena::kFirst + 1;
  while (first < clocks_.size() && !joins(first)) ++first;
  if (first >= clocks_.size()) return;

  std::vector<Handle> moved(clocks_.size());
  std::vector<Clock> clocks(ItemArena::kFirst);
  ItemArena joined;
  for (Source& source : sources_) {
    const Handle end = source.end;
    Handle handle = source.first;
    source.first = static_cast<Handle>(clocks.size());
    for (; handle < end; ++handle) {
      const Item& item = store_[handle];
      if (handle > ItemArena::kFirst && joins(handle)) {
        Item& run = joined[moved[handle - 1]];
        run.len += item.len;
        run.bytes += item.bytes;
        run.right = item.right;
        moved[handle] = moved[handle - 1];
      } else {
        moved[handle] = joined.allocate();
        joined[moved[handle]] = item;
        clocks.push_back(item.clock);
      }
    }
    source.end = static_cast<Handle>(clocks.size());
  }
  store_.items = std::move(joined);
  clocks_ = std::move(clocks);
  follow(moved);
  assign_structs();
}

// Updates everything that refers to an item by its handle.
void BulkLoad::follow(const std::vector<Handle>& moved) {
  for (Handle handle = ItemArena::kFirst; handle < clocks_.size(); ++handle) {
    Item& item = store_[handle];
    item.left = moved[item.left];
    item.right = moved[item.right];
  }
  for (TypeIndex index = 0; index < store_.types.size(); ++index) {
    TypeState& type = store_.types[index];
    type.item = moved[type.item];
    type.sequence.first = moved[type.sequence.first];
    type.sequence.last = moved[type.sequence.last];
    for (EntryIndex e = type.first_entry; e != kNoEntry; e = store_.types.entry(e).next) {
      const MapEntry& entry = store_.types.entry(e);
      store_.types.set_value(index, entry.key, moved[entry.item]);
    }
  }
  for (Handle& item : remove_) item = moved[item];
  for (Handle& value : long_values_) value = moved[value];
}

}  // namespace syncline::crdt
