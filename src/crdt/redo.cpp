#include "crdt/redo.h"

#include <string>

#include "syncline/bytes.h"

namespace syncline::crdt {

// ---- Engine

void Engine::keep(Handle item, bool keep) {
  while (item != kNoItem && (store[item].keep != 0) != keep) {
    store[item].keep = keep;
    item = store.types[store[item].parent].item;
  }
}

Handle Engine::insert_copy(Handle deleted, TypeIndex parent, Handle left, Handle right) {
  const Item& item = store[deleted];
  const Block block = store.block(item);
  const ClientState& own = store.clients[own_client()];
  const std::size_t bytes = block.payload.size() + sizeof(KeyIndex);
  if (own.clock > 0xffffffff - item.len || !own.text.fits(bytes) || !own.values.fits(bytes))
    return kNoItem;

  // A copy, because the new content goes into the arenas in which this content may be.
  const Bytes payload = to_bytes(block.payload);
  NewContent content;
  content.kind = block.kind;
  content.len = block.len;
  content.text = as_text(payload);
  content.payload = payload;
  content.name = block.name;
  content.type = block.type;
  content.copied = true;

  Placement at;
  at.client = own_client_;
  at.clock = own.clock;
  at.left = left;
  at.right = right;
  if (left != kNoItem) at.origin = store[left].last_id();
  if (right != kNoItem) at.right_origin = store[right].id();
  at.parent = parent;
  at.key = item.key();
  store.redone.make()[deleted] = {at.client, at.clock};
  store[deleted].redone = 1;
  const bool shares_object =
      content.kind == BlockKind::kFormat && FormatValue(payload, {}).is_object();
  if (shares_object)
    format_sources.add({at.client, at.clock}, format_sources.find(store[deleted].id()));
  const Handle copy = integrate(at, content);
  keep(copy, true);
  return copy;
}

// ---- RedoPass

void RedoPass::add(Handle item) {
  if (is_planned_.insert(item).second) planned_.push_back(item);
}

bool RedoPass::run() {
  bool any = false;
  for (const Handle item : planned_) any = redo(item) != kNoItem || any;
  return any;
}

// The item that begins where the copy of `item` begins.
Handle RedoPass::follow(Handle item) {
  return engine_.item_starting_at(engine_.store.redone->at(item));
}

// Brings an item back, after the types that contain it.
Handle RedoPass::redo(Handle item) {
  const Store& store = engine_.store;
  std::vector<Handle> chain{item};
  while (!store[chain.back()].redone) {
    const Handle holder = store.types[store[chain.back()].parent].item;
    if (holder == kNoItem || !store[holder].deleted || store[holder].redone) break;
    if (!is_planned_.contains(holder)) return kNoItem;
    chain.push_back(holder);
  }
  Handle result = kNoItem;
  for (; !chain.empty(); chain.pop_back()) {
    result = redo_in_place(chain.back());
    if (result == kNoItem) return kNoItem;
  }
  return result;
}

Handle RedoPass::redo_in_place(Handle handle) {
  const Store& store = engine_.store;
  const Item& item = store[handle];
  if (item.redone) return follow(handle);
  TypeIndex parent = item.parent;
  Handle holder = store.types[parent].item;
  if (holder != kNoItem && store[holder].deleted) {
    while (store[holder].redone) holder = follow(holder);
    if (store[holder].kind() != BlockKind::kType) return kNoItem;  // the item was collected
    parent = store[holder].content;
  }
  if (item.keyed) {
    Handle left = kNoItem;
    if (!previous_value(handle, parent, left)) return kNoItem;
    return engine_.insert_copy(handle, parent, left, kNoItem);
  }
  const Handle left = neighbour(item.left, &Item::left, parent);
  const Handle right = neighbour(handle, &Item::right, parent);
  return engine_.insert_copy(handle, parent, left, right);
}

// The item itself, or its copy (or the copy of the copy …), that is in `parent`; kNoItem if there
// is none.
Handle RedoPass::at_home(Handle item, TypeIndex parent) {
  const Store& store = engine_.store;
  while (!store[item].is_gc() && store[item].parent != parent) {
    if (!store[item].redone) return kNoItem;
    item = follow(item);
  }
  return store[item].is_gc() ? kNoItem : item;
}

// Searches from an item in one direction for the first that is in `parent`, itself or as a copy.
Handle RedoPass::neighbour(Handle item, Handle Item::*direction, TypeIndex parent) {
  for (; item != kNoItem; item = engine_.store[item].*direction) {
    const Handle found = at_home(item, parent);
    if (found != kNoItem) return found;
  }
  return kNoItem;
}

// Finds the value of the key after which the copy of `item` belongs. False if somebody else has set
// the key since.
bool RedoPass::previous_value(Handle item, TypeIndex parent, Handle& left) {
  const Store& store = engine_.store;
  const auto current = [&] { return store.types.value(parent, store[item].key()); };
  if (store[item].right == kNoItem || options_.overwrite_map_changes) {
    left = current();
  } else {
    left = item;
    for (Handle next = store[left].right; next != kNoItem; next = store[left].right) {
      if (!store[next].redone && !options_.is_ours(store.id(store[next].id()))) return false;
      left = next;
      while (store[left].redone) left = follow(left);
      if (store[left].is_gc()) return false;
    }
  }
  // A neighbour in another type would mislead other replicas.
  if (left != kNoItem && store[left].parent != parent) left = current();
  return true;
}

}  // namespace syncline::crdt
