// Removing formats that change nothing. Concurrent edits leave them behind; Yjs cleans up after
// local deletions and after remote transactions, and so the same formats must go here.

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "crdt/text_cursor.h"

namespace syncline::crdt {
namespace {

bool is_live_format(const Item& item) {
  return !item.deleted && item.kind() == BlockKind::kFormat;
}

// The first visible element at or behind `item`, and the last format of each name on the way.
Handle end_of_gap(const Engine& engine, Handle item,
                  std::vector<std::pair<KeyIndex, Handle>>& last) {
  for (; item != kNoItem; item = engine.store[item].right) {
    const Item& current = engine.store[item];
    if (current.countable() && !current.deleted) break;
    if (!is_live_format(current)) continue;
    const KeyIndex key = format_key(engine, current);
    std::erase_if(last, [key](const auto& entry) { return entry.first == key; });
    last.emplace_back(key, item);
  }
  return item;
}

// A format was removed before `current`'s place: there holds again what held before the gap.
void restore(Formats& current, KeyIndex key, const FormatValue& removed, const FormatValue& held) {
  if (!current.get(key).same(removed) || held.same(removed)) return;
  if (held.is_null()) {
    current.erase(key);
  } else {
    current.set(key, held);
  }
}

}  // namespace

void clean_gap(Engine& engine, Handle start, Handle place, const Formats& held, Formats& current) {
  std::vector<std::pair<KeyIndex, Handle>> last;
  const Handle end = end_of_gap(engine, start, last);
  bool reached = false;
  for (Handle item = start; item != end; item = engine.store[item].right) {
    if (item == place) reached = true;
    if (!is_live_format(engine.store[item])) continue;
    const KeyIndex key = format_key(engine, engine.store[item]);
    const FormatValue value = format_value(engine, engine.store[item]);
    const FormatValue before = held.get(key);
    const bool effective = std::ranges::find(last, std::pair(key, item)) != last.end();
    if (!effective || before.same(value)) {
      engine.remove(item);
      if (!reached) restore(current, key, value, before);
    } else if (!reached) {
      current.apply(key, value);
    }
  }
}

void clean_gap_around(Engine& engine, Handle item) {
  Store& store = engine.store;
  const auto in_gap = [&](Handle handle) {
    return store[handle].deleted || !store[handle].countable();
  };
  while (store[item].right != kNoItem && in_gap(store[item].right)) item = store[item].right;
  std::vector<KeyIndex> seen;
  for (; item != kNoItem && in_gap(item); item = store[item].left) {
    if (!is_live_format(store[item])) continue;
    const KeyIndex key = format_key(engine, store[item]);
    if (std::ranges::find(seen, key) != seen.end()) {
      engine.remove(item);
    } else {
      seen.push_back(key);
    }
  }
}

void clean_text(Engine& engine, TypeIndex type) {
  Handle start = engine.type(type).sequence.first;
  Formats held;
  Formats current;
  for (Handle item = start; item != kNoItem; item = engine.store[item].right) {
    if (engine.store[item].deleted) continue;
    if (engine.store[item].kind() == BlockKind::kFormat) {
      current.apply(format_key(engine, engine.store[item]),
                    format_value(engine, engine.store[item]));
      continue;
    }
    clean_gap(engine, start, item, held, current);
    held = current;
    start = item;
  }
}

namespace {

// Types that got a format from this transaction and still have it.
std::vector<TypeIndex> types_with_new_formats(const Engine& engine,
                                              const Transaction& transaction) {
  std::vector<TypeIndex> out;  // each once, in order
  std::unordered_set<TypeIndex> seen;
  for (const Transaction::Advance& advance : transaction.advances) {
    const IdIndex& structs = engine.store.clients[advance.client].structs;
    if (advance.after <= advance.before) continue;
    for (auto p = structs.locate(advance.before);; p = structs.next(p)) {
      const Item& item = engine.store[structs.at(p)];
      if (item.clock >= advance.after) break;
      if (is_live_format(item) && seen.insert(item.parent).second) out.push_back(item.parent);
      if (structs.is_last(p)) break;
    }
  }
  return out;
}

void add_deleted_items(const Engine& engine, const Transaction::DeletedRange& range,
                       std::vector<Handle>& out) {
  const IdIndex& structs = engine.store.clients[range.client].structs;
  for (auto p = structs.locate(range.clock);; p = structs.next(p)) {
    if (structs.clock_at(p) >= range.clock + range.len) break;
    if (!engine.store[structs.at(p)].is_gc()) out.push_back(structs.at(p));
    if (structs.is_last(p)) break;
  }
}

// Client by client, in the order in which they first lost something: what is cleaned depends on it.
std::vector<Handle> deleted_items(const Engine& engine, const Transaction& transaction) {
  std::vector<Handle> out;
  const auto& ranges = transaction.deleted;
  if (transaction.deleted_clients.empty()) {
    for (const Transaction::DeletedRange& range : ranges) add_deleted_items(engine, range, out);
  }
  for (const ClientIndex client : transaction.deleted_clients) {
    const auto [begin, end] =
        std::ranges::equal_range(ranges, client, {}, &Transaction::DeletedRange::client);
    for (auto range = begin; range != end; ++range) add_deleted_items(engine, *range, out);
  }
  return out;
}

}  // namespace

void Engine::clean_formatting(Transaction& transaction) {
  std::vector<TypeIndex> whole = types_with_new_formats(*this, transaction);
  const auto add = [&](TypeIndex type) {
    if (std::ranges::find(whole, type) == whole.end()) whole.push_back(type);
  };
  transact([&](Transaction&) {
    for (const Handle handle : deleted_items(*this, transaction)) {
      const Item& item = store[handle];
      if (!type(item.parent).cleans_formats) continue;
      if (std::ranges::find(whole, item.parent) != whole.end()) continue;
      if (item.kind() == BlockKind::kFormat) {
        add(item.parent);
      } else {
        clean_gap_around(*this, handle);
      }
    }
    for (std::size_t i = 0; i < whole.size(); ++i) clean_text(*this, whole[i]);
  });
}

}  // namespace syncline::crdt
