// Finds the place of a new item and stores it: YATA's conflict resolution as Yjs implements it.
#include <algorithm>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/assert.h"
#include "base/byte_reader.h"
#include "base/utf8.h"
#include "crdt/any_tags.h"
#include "crdt/engine.h"
#include "crdt/packed.h"

namespace syncline::crdt {
namespace {

// The items that a conflict scan has passed, in the order of passing.
class ScannedItems {
 public:
  // The scan's counter when it passed the item; 0 if it did not pass it.
  std::uint32_t stamp(Handle item) const {
    if (by_item_.empty()) {
      for (std::uint32_t i = 0; i < items_.size(); ++i)
        if (items_[i] == item) return i + 1;
      return 0;
    }
    const auto found = by_item_.find(item);
    return found == by_item_.end() ? 0 : found->second;
  }
  void add(Handle item) {
    items_.push_back(item);
    if (items_.size() < kFew) return;
    if (items_.size() == kFew) {
      for (std::uint32_t i = 0; i < kFew; ++i) by_item_.emplace(items_[i], i + 1);
    } else {
      by_item_.emplace(item, count());
    }
  }
  std::uint32_t count() const { return static_cast<std::uint32_t>(items_.size()); }

 private:
  static constexpr std::size_t kFew = 24;  // up to this many are searched without an index

  std::vector<Handle> items_;
  boost::unordered_flat_map<Handle, std::uint32_t> by_item_;
};

// Skips the first `skip` packed values.
ByteView skip_values(ByteView values, Clock skip) {
  ByteReader in(values);
  for (; skip > 0; --skip) (void)skip_any(in);
  return in.rest();
}

}  // namespace

Handle Engine::leftmost(TypeIndex parent, KeyIndex key) {
  if (key == kNoKey) return store.types[parent].sequence.first;
  Handle item = store.types.value(parent, key);
  for (std::uint32_t steps = 0; item != kNoItem && store[item].left != kNoItem; ++steps) {
    if (steps == scan_limits.few) return conflict_lists().oldest(parent, key, item);
    item = store[item].left;
  }
  return item;
}

// The item to insert after, among items that were inserted concurrently at the same place. Yjs
// keeps two sets: the items that were scanned, and those scanned since `left` last moved. Here the
// order of the scan represents both sets.
Handle Engine::conflict_order(const Placement& at) {
  if (conflict_lists_ != nullptr)
    if (ConflictIndex* index = conflict_lists_->index(at.parent, at.key))
      return indexed_order(*index, at);
  Handle left = at.left;
  Handle other = left != kNoItem ? store[left].right : leftmost(at.parent, at.key);
  ScannedItems scanned;
  std::uint32_t moved_at = 0;
  const ClientTable& clients =
      store.clients;  // const: only read, so there is nothing to measure again
  const ClientId client = clients[at.client].id;
  while (other != kNoItem && other != at.right) {
    const Item& item = store[other];
    scanned.add(other);
    if (item.origin == at.origin) {
      if (clients[item.client].id < client) {
        left = other;
        moved_at = scanned.count();
      } else if (item.right_origin == at.right_origin) {
        break;
      }
    } else if (item.origin.exists()) {
      const std::uint32_t stamp = scanned.stamp(store.find(item.origin));
      if (stamp == 0) break;
      if (stamp <= moved_at) {
        left = other;
        moved_at = scanned.count();
      }
    } else {
      break;
    }
    other = item.right;
  }
  store.work += scanned.count();
  if (scanned.count() > scan_limits.few)
    conflict_lists().note_scan(at.parent, at.key, leftmost(at.parent, at.key), scanned.count());
  return left;
}

// The same without the scan.
Handle Engine::indexed_order(ConflictIndex& index, const Placement& at) {
  ConflictIndex::Newcomer item{.client = store.clients[at.client].id,
                               .origin = at.origin,
                               .right_origin = at.right_origin,
                               .left = at.left};
  // Elsewhere, the scan never meets it.
  if (at.right != kNoItem && store[at.right].parent == at.parent && store[at.right].key() == at.key)
    item.right = at.right;
  item.last = at.key == kNoKey ? store.types[at.parent].sequence.last
                               : store.types.value(at.parent, at.key);
  return index.place(item);
}

// A shortcut for many clients that insert concurrently at one place, such as into an empty list or
// under one key. Such items are in the order of their ids. If the item that was inserted last has a
// lower id, and nothing is after it, the scan would pass this item and all that this item's own
// scan passed: both have the same origins, so whatever stops the scan for a higher id would have
// stopped the earlier scan. kNoItem: do the scan.
Handle Engine::behind_last_sibling(const Placement& at) const {
  if (!last_sibling_.exists() || !store.known(last_sibling_)) return kNoItem;
  const Handle handle = store.find(last_sibling_);
  const Item& item = store[handle];
  const bool siblings = !item.is_gc() && item.id() == last_sibling_ && item.parent == at.parent &&
                        item.key() == at.key && item.origin == at.origin &&
                        item.right_origin == at.right_origin && item.right == at.right;
  return siblings && store.clients[item.client].id < store.clients[at.client].id ? handle : kNoItem;
}

void Engine::advance(ClientIndex index, Clock len) {
  ClientState& client = store.clients[index];
  if (current_->find_advance(index) == nullptr) {
    if (client.clock == 0) client.rank = ranks_++;
    // As in Yjs, the update of a transaction that is not written yet includes what later
    // transactions add.
    for (std::size_t i = committing_at_; i < begun_; ++i)
      if (transactions_[i]->find_advance(index) == nullptr)
        transactions_[i]->add_advance(index, client.clock);
  }
  client.clock += len;
  ++changes_;
}

void Engine::mark_changed(TypeIndex type, KeyIndex key) {
  const TypeState& state = store.types[type];
  if (state.item != kNoItem) {
    const Item& holder = store[state.item];
    if (holder.deleted || current_->adds(holder.id())) return;
  }
  ChangedType& entry = current_->change(type);
  if (key == kNoKey) {
    entry.sequence = true;
  } else {
    current_->change_key(entry, key);
  }
}

// Extends a run in place if the new content continues where its client stopped. Yjs gets the same
// result by merging at the end of the transaction.
bool Engine::extend(const Placement& at, const NewContent& content) {
  if (at.left == kNoItem) return false;
  Item& left = store[at.left];
  if (left.client != at.client || left.end() != at.clock || left.kind() != content.kind ||
      left.deleted || left.keyed || left.redone || left.keep || left.right != at.right ||
      left.right_origin != at.right_origin || at.origin != left.last_id())
    return false;
  ClientState& client = store.clients[at.client];
  if (content.kind == BlockKind::kString) {
    if (left.content + left.bytes != client.text.size()) return false;
  } else if (content.kind == BlockKind::kAny) {
    if (left.content + left.len != client.values.size()) return false;
  } else {
    return false;
  }
  if (type_observers_ != nullptr && !current_->adds(left.id())) return false;
  if (content.kind == BlockKind::kString) {
    client.text.append(content.text);
    left.bytes += static_cast<std::uint32_t>(content.text.size());
  } else {
    append_values(client.values, content);
  }
  left.len += content.len;
  store.sequences.resize(store.types[left.parent].sequence, at.left, left.len);
  advance(at.client, content.len);
  mark_changed(left.parent, kNoKey);
  return true;
}

void Engine::append_values(ValueArena& values, const NewContent& content) {
  if (content.len == 1) {
    values.append(content.payload);
    return;
  }
  ByteReader in(content.payload);
  for (Clock n = 0; n < content.len; ++n) {
    const std::size_t start = in.position();
    (void)skip_any(in);
    values.append(in.since(start));
  }
}

void Engine::store_content(Handle handle, const NewContent& content) {
  Item& item = store[handle];
  ClientState& client = store.clients[item.client];
  switch (content.kind) {
    case BlockKind::kString:
      item.content = client.text.append(content.text);
      item.bytes = static_cast<std::uint32_t>(content.text.size());
      break;
    case BlockKind::kAny:
    case BlockKind::kJson:
      item.content = client.values.size();
      append_values(client.values, content);
      break;
    case BlockKind::kBinary:
    case BlockKind::kEmbed: item.content = client.values.append(content.payload); break;
    case BlockKind::kFormat: {
      const KeyIndex key = store.keys.intern(content.name);
      item.content = client.values.append_named(key, content.payload);
      item.bytes = Item::format_bytes(key, content.payload.front() == kAnyNull);
      break;
    }
    case BlockKind::kDoc:
      item.content = client.values.append_named(store.keys.intern(content.name), content.payload);
      break;
    case BlockKind::kType:
      item.content = store.types.add(
          content.type, handle, content.name.empty() ? kNoKey : store.keys.intern(content.name));
      break;
    default: break;
  }
}

// Moves the place after those items that were inserted there concurrently and come first.
void Engine::resolve_conflict(Placement& at) {
  const bool conflict = at.left == kNoItem ? at.right == kNoItem || store[at.right].left != kNoItem
                                           : store[at.left].right != at.right;
  if (conflict) {
    const Handle sibling = behind_last_sibling(at);
    at.left = sibling != kNoItem ? sibling : conflict_order(at);
  }
  last_sibling_ = conflict ? DenseId{at.client, at.clock} : DenseId{};
}

Handle Engine::integrate(Placement at, const NewContent& content) {
  if (!content.copied && extend(at, content)) return at.left;
  resolve_conflict(at);
  const Handle handle = store.items.allocate();
  Item& item = store[handle];
  item.client = at.client & kMaxClients;
  item.clock = at.clock;
  item.len = content.len;
  item.origin = at.origin;
  item.right_origin = at.right_origin;
  item.parent = at.parent;
  item.set_kind(content.kind);
  item.deleted = content.kind == BlockKind::kDeleted;
  item.keyed = at.key != kNoKey;
  store_content(handle, content);

  item.left = at.left;
  item.right = at.left != kNoItem ? store[at.left].right : leftmost(at.parent, at.key);
  if (item.left != kNoItem) store[item.left].right = handle;
  if (item.right != kNoItem) store[item.right].left = handle;
  if (item.keyed) {
    item.place = at.key;
    if (item.right == kNoItem) {
      store.types.set_value(at.parent, at.key, handle);
      if (item.left != kNoItem) remove(item.left);
    }
  } else {
    store.sequences.insert(store.types[at.parent].sequence, item.left, handle, item.visible());
  }
  note_linked(handle);
  store.clients[at.client].structs.append(at.clock, handle);
  advance(at.client, content.len);

  if (content.kind == BlockKind::kDeleted) {
    current_->deleted.push_back({at.client, at.clock, content.len});
  } else if (content.kind == BlockKind::kFormat) {
    store.types[at.parent].cleans_formats = true;
  } else if (content.kind == BlockKind::kDoc) {
    note_subdoc_added(item, current_->local && !content.copied);
  }
  mark_changed(at.parent, at.key);
  const Handle holder = store.types[at.parent].item;
  if ((holder != kNoItem && store[holder].deleted) || (item.keyed && item.right != kNoItem))
    remove(handle);
  else if (item.keyed && item.len > 1)
    return keep_last_unit(handle);
  return handle;
}

// A key has one value: the last unit of its list. So what is deleted under a key depends on the
// order of the units alone, and not on how they are cut into structs, which differs between a
// document that was edited and the same document loaded. (In Yjs it depends on the structs.)
Handle Engine::keep_last_unit(Handle handle) {
  const Item& item = store[handle];
  if (item.deleted) return handle;
  const Handle last = split(handle, item.len - 1);
  remove(handle);
  return last;
}

void Engine::integrate_gc(ClientIndex client, Clock clock, Clock len) {
  const Handle handle = store.items.allocate();
  Item& item = store[handle];
  item.client = client & kMaxClients;
  item.clock = clock;
  item.len = len;
  item.set_kind(BlockKind::kGc);
  item.deleted = true;
  store.clients[client].structs.append(clock, handle);
  advance(client, len);
}

// ---- blocks of updates

// Finds the neighbours and the type of a block whose dependencies are known. False if they are
// forgotten, or if there is no such type; then the block becomes a GC struct.
bool Engine::resolve(const Block& block, Placement& at) {
  const auto dense = [&](Id id) -> DenseId { return {store.clients.find(id.client), id.clock}; };
  if (block.has_origin) {
    at.origin = dense(block.origin);
    at.left = item_ending_at(at.origin);
  }
  if (block.has_right_origin) {
    at.right_origin = dense(block.right_origin);
    // Usually it is still the right neighbour.
    const Handle next = at.left != kNoItem ? store[at.left].right : kNoItem;
    at.right = next != kNoItem && store[next].id() == at.right_origin
                   ? next
                   : item_starting_at(at.right_origin);
  }
  if (at.left != kNoItem && store[at.left].is_gc()) return false;
  if (at.right != kNoItem && store[at.right].is_gc()) return false;
  switch (block.parent_kind) {
    case ParentKind::kNone: {
      const Item& neighbour = store[at.left != kNoItem ? at.left : at.right];
      at.parent = neighbour.parent;
      at.key = neighbour.key();
      return true;
    }
    case ParentKind::kRoot: {
      const KeyIndex name = store.keys.intern(block.parent_name);
      at.parent = store.types.root(name);
      if (at.parent == kNoType) at.parent = store.types.add_root(name, TypeKind::kUndefined);
      break;
    }
    case ParentKind::kItem: {
      const Item& holder = store[store.find(dense(block.parent_id))];
      if (holder.kind() != BlockKind::kType) return false;
      at.parent = holder.content;
      break;
    }
  }
  if (block.has_parent_sub) at.key = store.keys.intern(block.parent_sub);
  return true;
}

NewContent Engine::block_content(const Block& block, Clock offset, std::string& cut) {
  NewContent content;
  content.kind = block.kind;
  content.len = block.len - offset;
  content.payload = block.payload;
  content.name = block.name;
  content.type = block.type;
  if (block.kind == BlockKind::kString) {
    content.text = as_text(block.payload);
    if (offset > 0) {
      bool inside_pair = false;
      const std::size_t at = utf16_offset(content.text, offset, inside_pair);
      content.text.remove_prefix(at);
      if (inside_pair) {
        cut = kReplacementCharacter;
        cut += content.text.substr(4);
        content.text = cut;
      }
    }
  } else if (offset > 0 && (block.kind == BlockKind::kAny || block.kind == BlockKind::kJson)) {
    content.payload = skip_values(block.payload, offset);
  }
  return content;
}

void Engine::integrate_block(const Block& block, ClientIndex client, Clock offset) {
  Placement at;
  if (block.kind == BlockKind::kGc || !resolve(block, at)) {
    integrate_gc(client, block.clock + offset, block.len - offset);
    return;
  }
  at.client = client;
  at.clock = block.clock + offset;
  if (offset > 0) {
    // The first part is known. It decides where the rest belongs; the origins of this block are
    // ignored.
    at.origin = {client, at.clock - 1};
    at.left = item_ending_at(at.origin);
    const Item& left = store[at.left];
    if (left.is_gc()) {
      integrate_gc(client, at.clock, block.len - offset);
      return;
    }
    at.parent = left.parent;
    at.key = left.key();
  }
  std::string cut;
  integrate(at, block_content(block, offset, cut));
}

}  // namespace syncline::crdt
