#include "crdt/touched_items.h"

#include <algorithm>
#include <utility>

namespace syncline::crdt {

std::optional<std::vector<Handle>> touched_items(const Engine& engine,
                                                 const Transaction& transaction, TypeIndex type) {
  const Sequence& sequence = engine.type(type).sequence;
  // Sorting an item costs more than walking over one. The height of a tree shows roughly how long
  // the sequence is.
  const std::size_t most = std::size_t{8} << std::min(4 * sequence.height, 40);
  std::size_t seen = 0;
  std::vector<std::pair<std::uint64_t, Handle>> found;
  // False if there are too many.
  const auto add = [&](ClientIndex client, Clock from, Clock end, bool deleted) {
    const IdIndex& structs = engine.store.clients[client].structs;
    for (auto p = structs.locate(from);; p = structs.next(p)) {
      const Item& item = engine.store[structs.at(p)];
      if (item.clock >= end) return true;
      if (++seen > most) return false;
      const bool counted = deleted && transaction.adds(item.id());
      if (!item.is_gc() && !item.keyed && item.parent == type && !counted)
        found.emplace_back(engine.store.sequences.order(sequence, structs.at(p)), structs.at(p));
      if (structs.is_last(p)) return true;
    }
  };
  for (const auto& [client, before, after] : transaction.advances) {
    const Clock end = engine.store.clients[client].clock;
    if (before < end && !add(client, before, end, false)) return std::nullopt;
  }
  for (const auto& [client, clock, len] : transaction.deleted)
    if (!add(client, clock, clock + len, true)) return std::nullopt;
  std::ranges::sort(found);
  std::vector<Handle> items;
  items.reserve(found.size());
  for (const auto& [order, item] : found) items.push_back(item);
  return items;
}

std::uint32_t visible_between(const Engine& engine, TypeIndex type, Handle from, Handle to) {
  const SequencePool& pool = engine.store.sequences;
  const Sequence& sequence = engine.type(type).sequence;
  const std::uint32_t end = to != kNoItem ? pool.position(sequence, to) : sequence.length;
  return end - pool.position(sequence, from);
}

}  // namespace syncline::crdt
