// The end of a transaction: observers run, deleted content is forgotten, neighbours are merged, and
// then the update is sent. The order, and the choice of neighbours to merge, are those of Yjs,
// because encoded documents depend on them.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "crdt/engine.h"

namespace syncline::crdt {

void Engine::commit(Transaction& transaction) {
  if (transaction.deleted.size() > 1) transaction.sort_deleted();
  for (Transaction::Advance& advance : transaction.advances)
    advance.after = store.clients[advance.client].clock;
  if (type_observers_ != nullptr || !transaction.local) fire_events(transaction);
  if (transaction.needs_formatting_cleanup) clean_formatting(transaction);

  if (transaction.deleted.empty() && transaction.merge_candidates.empty()) {
    if (!transaction.settled) merge_new(transaction);
  } else if (!transaction.settled && !only_moved_border(transaction)) {
    if (options.gc) collect(transaction);
    merge_deleted(transaction);
    merge_new(transaction);
    merge_candidates(transaction);
  }
  if (!pending_deletes_->empty() && transaction.find_advance(own_client_) != nullptr)
    own_edits_ = true;
  if (mark_ && !transaction.deleted.empty()) note_since_mark(transaction);
  if (!transaction.local) leave_shared_client_id(transaction);
  if (is_observed(&Observed::updates)) fire_updates(transaction);
  if (!transaction.subdocs_gone.empty()) transaction.drop_gone_subdocs();
  if (transaction.has_subdocs()) fire_subdocs(transaction);
  if (options.gc)
    for (const Transaction::DeletedRange& range : transaction.deleted) store.compact(range.client);
}

// True if the transaction moved a border and did nothing else, and nothing merges because of it.
// What it deleted is already forgotten. The general code would try to merge pairs across the
// border, of which one side is live and the other deleted; and one more pair, which is checked
// here.
bool Engine::only_moved_border(const Transaction& transaction) {
  if (!transaction.moved_border || transaction.deleted.size() != 1 ||
      transaction.merge_candidates.size() != 1 || !transaction.advances.empty())
    return false;
  const DenseId behind = transaction.merge_candidates.front();
  const IdIndex& structs = store.clients[behind.client].structs;
  const IdIndex::Position p = structs.locate(behind.clock);
  return structs.is_last(p) || !store.merges_with_left(structs, structs.next(p));
}

void Engine::leave_shared_client_id(const Transaction& transaction) {
  for (const Transaction::Advance& advance : transaction.advances) {
    if (std::as_const(store.clients)[advance.client].id != options.client_id ||
        advance.after == advance.before)
      continue;
    return set_client_id(next_client_id(options.client_id, options.next_client_seed));
  }
}

// ---- collecting

void Engine::collect(const Transaction& transaction) {
  for (auto range = transaction.deleted.rbegin(); range != transaction.deleted.rend(); ++range) {
    const IdIndex& structs = store.clients[range->client].structs;
    IdIndex::Position p = structs.locate(range->clock);
    while (structs.clock_at(p) < range->clock + range->len) {
      const Handle handle = structs.at(p);
      const Item& item = store[handle];
      if (!item.is_gc() && item.deleted && !item.keep) collect_item(handle);
      if (structs.is_last(p)) break;
      p = structs.next(p);
    }
  }
}

void Engine::collect_item(Handle handle) {
  Item& item = store[handle];
  if (item.kind() == BlockKind::kType) {
    std::vector<TypeIndex> work{item.content};
    collect_types(work);
  }
  if (item.kind() != BlockKind::kDeleted) store.drop_content(item);
}

// Turns everything in these types, and in the types inside them, into GC structs.
void Engine::collect_types(std::vector<TypeIndex>& work) {
  while (!work.empty()) {
    const TypeIndex index = work.back();
    work.pop_back();
    for (Handle next = kNoItem, h = store.types[index].sequence.first; h != kNoItem; h = next) {
      next = store[h].right;
      collect_child(h, work);
    }
    for (EntryIndex e = store.types[index].first_entry; e != kNoEntry;
         e = store.types.entry(e).next) {
      for (Handle next = kNoItem, h = store.types.entry(e).item; h != kNoItem; h = next) {
        next = store[h].left;
        collect_child(h, work);
      }
    }
    if (conflict_lists_ != nullptr) conflict_lists_->drop(index);
    store.sequences.clear(store.types[index].sequence);
    store.types.clear_entries(index);
    store.types.collect(index);
  }
}

void Engine::collect_child(Handle handle, std::vector<TypeIndex>& work) {
  Item& item = store[handle];
  SYNCLINE_ASSERT(item.deleted);
  if (item.kind() == BlockKind::kType) work.push_back(item.content);
  store.drop_content(item);
  if (item.redone) store.redone.make().erase(handle);
  const Item was = item;
  item = Item{};
  item.client = was.client;
  item.clock = was.clock;
  item.len = was.len;
  item.deleted = true;
  item.set_kind(BlockKind::kGc);
}

// ---- merging

namespace {

// Merges the struct at `p` with as many structs on its left as possible. `p` becomes the place of
// the result. Begins at the left end, because text that is not adjacent in its arena is copied to
// the end: so each piece is copied once, and not again with every piece on its left.
int merge_lefts(Store& store, ClientState& client, IdIndex::Position& p) {
  const IdIndex& structs = client.structs;
  int merged = 0;
  for (; !structs.is_first(p) && store.merges_with_left(structs, p); p = structs.prev(p)) ++merged;
  for (int i = 0; i < merged; ++i) {
    p = structs.next(p);
    store.merge_with_left(client, p);
  }
  return merged;
}

}  // namespace

void Engine::merge_all() {
  for (ClientIndex i = 0; i < store.clients.size(); ++i) {
    ClientState& client = store.clients[i];
    const IdIndex& structs = client.structs;
    if (structs.empty()) continue;
    IdIndex::Position p = structs.last();
    while (!structs.is_first(p)) {
      merge_lefts(store, client, p);
      if (!structs.is_first(p)) p = structs.prev(p);
    }
  }
}

void Engine::merge_deleted(const Transaction& transaction) {
  for (auto range = transaction.deleted.rbegin(); range != transaction.deleted.rend(); ++range) {
    ClientState& client = store.clients[range->client];
    const IdIndex& structs = client.structs;
    IdIndex::Position p = structs.locate(range->clock + range->len - 1);
    if (!structs.is_last(p)) p = structs.next(p);
    while (!structs.is_first(p) && structs.clock_at(p) >= range->clock) {
      merge_lefts(store, client, p);
      if (structs.is_first(p)) break;
      p = structs.prev(p);
    }
  }
}

void Engine::merge_new(const Transaction& transaction) {
  for (const Transaction::Advance& advance : transaction.advances) {
    if (advance.before == advance.after) continue;
    ClientState& client = store.clients[advance.client];
    const IdIndex& structs = client.structs;
    // The usual case is one struct: a new item, or a run that grew.
    const auto [clock, newest, left] = structs.newest();
    if (clock <= advance.before && (left == kNoItem || !store.merge(left, newest))) continue;
    const Clock bound = structs.clock_at(structs.locate(advance.before));
    IdIndex::Position p = structs.last();
    while (!structs.is_first(p) && structs.clock_at(p) >= bound) {
      merge_lefts(store, client, p);
      if (structs.is_first(p)) break;
      p = structs.prev(p);
    }
  }
}

void Engine::merge_candidates(const Transaction& transaction) {
  const std::vector<DenseId>& candidates = transaction.merge_candidates;
  for (auto id = candidates.rbegin(); id != candidates.rend(); ++id) {
    ClientState& client = store.clients[id->client];
    IdIndex::Position p = client.structs.locate(id->clock);
    if (!client.structs.is_last(p)) {
      IdIndex::Position next = client.structs.next(p);
      if (merge_lefts(store, client, next) > 1) continue;
      p = client.structs.locate(id->clock);
    }
    merge_lefts(store, client, p);
  }
}

}  // namespace syncline::crdt
