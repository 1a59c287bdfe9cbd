// Removes formats that change nothing. Concurrent edits leave such formats behind. Yjs removes them
// after local deletions and after remote transactions, so the same formats must be removed here.

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "crdt/text_cursor.h"

namespace syncline::crdt {
namespace {

// The formats from `item` up to the next visible element.
std::vector<Handle> formats_of_gap(const Engine& engine, TypeIndex type, Handle item) {
  const Sequence& sequence = engine.type(type).sequence;
  std::vector<Handle> out;
  if (!sequence.formatted) return out;
  for (item = engine.store.sequences.live_from(sequence, item);
       item != kNoItem && engine.store[item].is_live_format();
       item = engine.store.sequences.live_from(sequence, engine.store[item].right))
    out.push_back(item);
  return out;
}

// A format was removed before the place of `current`. So the value that held before the gap holds
// there again.
void restore(Formats& current, KeyIndex key, const FormatValue& removed, const FormatValue& held) {
  if (!current.get(key).same(removed) || held.same(removed)) return;
  if (held.is_null()) {
    current.erase(key);
  } else {
    current.set(key, held);
  }
}

}  // namespace

void clean_gap(Engine& engine, TypeIndex type, Handle start, Handle place, Formats* current) {
  const std::vector<Handle> formats = formats_of_gap(engine, type, start);
  if (formats.empty()) return;
  const SequencePool& pool = engine.store.sequences;
  const Sequence& sequence = engine.type(type).sequence;
  const Handle before = engine.store[start].left;
  boost::unordered_flat_map<KeyIndex, Handle> last;
  for (const Handle item : formats) last[engine.store[item].format_key()] = item;
  const std::uint64_t end =
      current != nullptr && place != kNoItem ? pool.order(sequence, place) : ~std::uint64_t{0};
  for (const Handle item : formats) {
    const KeyIndex key = engine.store[item].format_key();
    const FormatValue value = format_value(engine, engine.store[item]);
    const FormatValue held = format_behind(engine, type, before, key);
    const bool reached = current == nullptr || pool.order(sequence, item) >= end;
    if (last[key] != item || held.same(value)) {
      engine.remove(item);
      if (!reached) restore(*current, key, value, held);
    } else if (!reached) {
      current->apply(key, value);
    }
  }
}

namespace {

// The gaps that were cleaned: the type, and the element behind the gap or kNoItem.
using CleanedGaps = boost::unordered_flat_set<std::uint64_t>;

// Removes the formats around the deleted element `item` that are overwritten before the next
// character. Once for each gap: what is deleted elsewhere changes nothing there.
void clean_gap_around(Engine& engine, Handle item, CleanedGaps& cleaned) {
  const TypeIndex type = engine.store[item].parent;
  const SequencePool& pool = engine.store.sequences;
  const Sequence& sequence = engine.type(type).sequence;
  const std::uint32_t position = pool.position(sequence, item);
  const Handle end = position < sequence.length ? pool.find(sequence, position).item : kNoItem;
  if (!cleaned.insert(static_cast<std::uint64_t>(type) << 32 | end).second) return;
  boost::unordered_flat_set<KeyIndex> seen;
  for (Handle format = pool.live_before(sequence, end);
       format != kNoItem && engine.store[format].is_live_format();
       format = pool.live_before(sequence, format)) {
    ++engine.store.work;
    if (!seen.insert(engine.store[format].format_key()).second) engine.remove(format);
  }
}

// Removes redundant formats of a text. As in Yjs, this affects only the formats before the first
// visible element: for every other gap, Yjs's function looks at the element before the gap and
// finds no formats.
void clean_text(Engine& engine, TypeIndex type) {
  const Sequence& sequence = engine.type(type).sequence;
  if (sequence.length > 0) clean_gap(engine, type, sequence.first, kNoItem, nullptr);
}

}  // namespace

namespace {

// The types that got a format in this transaction and still have it.
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
      if (item.is_live_format() && seen.insert(item.parent).second) out.push_back(item.parent);
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

// In order of clients by their first deletion. The result of the cleaning depends on this order.
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
  boost::unordered_flat_set<TypeIndex> is_whole(whole.begin(), whole.end());
  transact([&](Transaction&) {
    CleanedGaps cleaned;
    for (const Handle handle : deleted_items(*this, transaction)) {
      const Item& item = store[handle];
      if (!type(item.parent).cleans_formats || is_whole.contains(item.parent)) continue;
      if (item.kind() == BlockKind::kFormat) {
        is_whole.insert(item.parent);
        whole.push_back(item.parent);
      } else if (!item.keyed) {
        clean_gap_around(*this, handle, cleaned);
      }
    }
    for (std::size_t i = 0; i < whole.size(); ++i) clean_text(*this, whole[i]);
  });
}

}  // namespace syncline::crdt
