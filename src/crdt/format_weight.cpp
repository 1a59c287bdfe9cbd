#include "crdt/format_weight.h"

#include <algorithm>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

namespace syncline::crdt {

FormatWeight format_weight(const Engine& engine, TypeIndex type, std::size_t limit) {
  boost::unordered_flat_map<KeyIndex, std::size_t> active;
  std::size_t here = 0;
  bool new_run = true;
  FormatWeight weight;
  for (Handle h = engine.type(type).sequence.first; h != kNoItem && weight.bytes <= limit;
       h = engine.store[h].right) {
    const Item& item = engine.store[h];
    if (item.is_live_format()) {
      const KeyIndex key = item.format_key();
      if (const auto old = active.find(key); old != active.end()) {
        here -= old->second;
        active.erase(old);
      }
      if (!item.ends_format()) {
        const std::size_t bytes =
            engine.store.keys[key].size() + engine.store.named_value(item).size();
        active.emplace(key, bytes);
        here += bytes;
      }
      new_run = true;
    } else if (item.visible() > 0 && (new_run || item.kind() != BlockKind::kString)) {
      weight.bytes += here;
      weight.active = std::max(weight.active, active.size());
      new_run = item.kind() != BlockKind::kString;
    }
  }
  return weight;
}

std::size_t printed_formats_weight(const Engine& engine, TypeIndex type, std::size_t limit) {
  std::size_t bytes = 0;
  std::vector<TypeIndex> types{type};
  const auto look_into = [&](Handle h) {
    const Item& item = engine.store[h];
    if (!item.deleted && item.kind() == BlockKind::kType) types.push_back(item.content);
  };
  while (!types.empty() && bytes <= limit) {
    const TypeIndex next = types.back();
    types.pop_back();
    const TypeState& state = engine.type(next);
    if (state.kind == TypeKind::kXmlText) bytes += format_weight(engine, next, limit).bytes;
    for (Handle h = state.sequence.first; h != kNoItem; h = engine.store[h].right) look_into(h);
    for (auto e = state.first_entry; e != kNoEntry; e = engine.store.types.entry(e).next)
      look_into(engine.store.types.entry(e).item);
  }
  return bytes;
}

}  // namespace syncline::crdt
