#include "crdt/update_weight.h"

#include <algorithm>

#include <boost/unordered/unordered_flat_set.hpp>

namespace syncline::crdt {
namespace {

constexpr std::uint64_t kPerStruct = 4;    // steps to prepare, insert, delete or collect one
constexpr std::uint64_t kTextAStep = 256;  // bytes of text that one step searches
constexpr std::uint64_t kCopyAStep = 1024;
constexpr std::uint64_t kValuesAStep = 4;
constexpr std::uint64_t kIndexedPlace = 16;
constexpr std::uint64_t kEntriesAStep = 4;    // of an index that is built anew
constexpr std::uint64_t kMostBytesAUnit = 3;  // of UTF-16, as UTF-8

}  // namespace

bool UpdateWeight::exceeds() {
  bool within = weigh_waiting();
  for (const DecodedUpdate::ClientBlocks& blocks : update_.clients)
    within = within && weigh_client(blocks);
  return !(within && weigh_deletes() && weigh_compaction() &&
           (!subdocs_ || spend(engine_.subdocs().size())));
}

// What waits inside the document is decoded and looked through when something of it may be applicable.
bool UpdateWeight::weigh_waiting() {
  if (engine_.pending_structs_ && !spend(engine_.pending_structs_->update.size())) return false;
  for (const auto& [client, ranges] : engine_.pending_deletes_->clients()) {
    if (!spend(1 + ranges.size())) return false;
  }
  return true;
}

// ---- blocks

bool UpdateWeight::weigh_client(const DecodedUpdate::ClientBlocks& blocks) {
  const ClientIndex index = store_.clients.find(blocks.client);
  const Clock known = index == kNoClient ? 0 : store_.clients[index].clock;
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < blocks.count; ++i) {
    const Block& block = update_.blocks[blocks.first + i];
    if (!spend(kPerStruct)) return false;
    if (!block.is_item()) continue;
    if (block.clock < known &&
        !weigh_known(store_.clients[index], block, std::min(block.end(), known)))
      return false;
    if (block.end() <= known) continue;
    bytes += block.payload.size();
    subdocs_ |= block.kind == BlockKind::kDoc;
    if (!weigh_place(block, known)) return false;
  }
  return index == kNoClient || weigh_growth(store_.clients[index], bytes);
}

// The arena of a client moves when it is full.
bool UpdateWeight::weigh_growth(const ClientState& client, std::uint64_t bytes) {
  const std::uint64_t text = client.text.size();
  const std::uint64_t values = client.values.bytes() + client.values.size() * sizeof(Clock);
  const bool moves_text = text + bytes > client.text.memory_bytes();
  const bool moves_values = values + bytes > client.values.memory_bytes();
  return spend(((moves_text ? text : 0) + (moves_values ? values : 0)) / kCopyAStep);
}

// Known content is compared (contradiction.h).
bool UpdateWeight::weigh_known(const ClientState& client, const Block& block, Clock end) {
  if (block.kind == BlockKind::kDeleted) return true;
  for (Clock clock = block.clock; clock < end;) {
    const Handle handle = client.structs.find(clock);
    const Item& item = store_[handle];
    if (!spend(1)) return false;
    if (!item.deleted && item.kind() == block.kind) {
      if (item.kind() == BlockKind::kString && !weigh_text(handle)) return false;
      if (item.kind() == BlockKind::kAny) {
        const Clock count = std::min(end, item.end()) - clock;
        const auto first = item.content + (clock - item.clock);
        if (!spend(client.values.values(first, count).size() / kTextAStep)) return false;
      }
    }
    clock = item.end();
  }
  return true;
}

Handle UpdateWeight::known_item(Id id) const {
  const ClientIndex client = store_.clients.find(id.client);
  if (client == kNoClient || !store_.known({client, id.clock})) return kNoItem;
  return store_.find({client, id.clock});
}

bool UpdateWeight::weigh_place(const Block& block, Clock known) {
  Spot spot;
  if (block.has_origin) spot.left = known_item(block.origin);
  if (block.has_right_origin) spot.right = known_item(block.right_origin);
  const auto weigh_cut = [&](Handle handle, Id id, bool behind) {
    if (handle == kNoItem) return true;
    const Item& item = store_[handle];
    const bool cuts = behind ? id.clock + 1 < item.end() : id.clock > item.clock;
    return !cuts || weigh_text(handle);
  };
  if (!weigh_cut(spot.left, block.origin, true) ||
      !weigh_cut(spot.right, block.right_origin, false))
    return false;
  if (!find_spot(block, known, spot)) return true;
  if (spot.key != kNoKey) {
    // The value is replaced, and looked at for containers inside.
    const Handle value = store_.types.value(spot.parent, spot.key);
    if (value != kNoItem && !store_[value].deleted &&
        (!spend(store_[value].len) || !weigh_removed(value)))
      return false;
  }
  return weigh_siblings(spot);
}

// False if the block goes beside what the update itself brings, or nowhere.
bool UpdateWeight::find_spot(const Block& block, Clock known, Spot& spot) const {
  const bool continues = block.clock < known;
  const Id origin = continues ? Id{block.client, known - 1} : block.origin;
  if (continues || block.has_origin) {
    if (continues) spot.left = known_item(origin);
    if (spot.left == kNoItem || store_[spot.left].is_gc()) return false;
    spot.origin = {store_[spot.left].client, origin.clock};
    spot.cut = origin.clock + 1 < store_[spot.left].end();
  }
  if (block.has_right_origin && spot.right != kNoItem) {
    if (store_[spot.right].is_gc()) return false;
    spot.inside = spot.left == spot.right && block.right_origin.clock == origin.clock + 1;
  }
  const Handle beside = spot.left != kNoItem ? spot.left : spot.right;
  if (beside != kNoItem) {
    spot.parent = store_[beside].parent;
    spot.key = store_[beside].key();
    return true;
  }
  if (block.parent_kind == ParentKind::kRoot) {
    const KeyIndex name = store_.keys.find(block.parent_name);
    if (name != kNoKey) spot.parent = store_.types.root(name);
  } else if (block.parent_kind == ParentKind::kItem) {
    const Handle holder = known_item(block.parent_id);
    if (holder != kNoItem && store_[holder].kind() == BlockKind::kType)
      spot.parent = store_[holder].content;
  }
  if (spot.parent == kNoType) return false;
  if (!block.has_parent_sub) return true;
  spot.key = store_.keys.find(block.parent_sub);
  return spot.key != kNoKey;
}

// The scan of Engine::conflict_order. It may go on where that one stops because of the client's id.
bool UpdateWeight::weigh_siblings(const Spot& spot) {
  const ConflictLists* lists = engine_.conflict_lists_.get();
  if (lists != nullptr)
    if (const ConflictIndex* index = lists->index(spot.parent, spot.key))
      return spend(kIndexedPlace + index->size() / kEntriesAStep);
  if (spot.inside) return true;
  Handle next = kNoItem;
  if (spot.left != kNoItem) {
    next = store_[spot.left].right;
    if (!spot.cut && next == spot.right) return true;
  } else if (spot.key == kNoKey) {
    next = store_.types[spot.parent].sequence.first;
    if (next == spot.right) return true;
  }
  if (spot.left == kNoItem && spot.key != kNoKey) {
    for (Handle item = store_.types.value(spot.parent, spot.key); item != kNoItem;
         item = store_[item].left) {
      if (!spend(1)) return false;
      next = item;
    }
  }
  boost::unordered_flat_set<Handle> scanned;
  const std::uint64_t before = spent_;
  if (spot.cut) scanned.insert(spot.left);
  for (; next != kNoItem && next != spot.right; next = store_[next].right) {
    if (!spend(1)) return false;
    const DenseId origin = store_[next].origin;
    scanned.insert(next);
    if (origin == spot.origin) continue;
    if (!origin.exists() || !scanned.contains(store_.find(origin))) break;
  }
  const std::uint64_t scan = spent_ - before;
  if (scan <= engine_.scan_limits.few) return true;
  return spend(lists == nullptr ? ConflictLists::cost_of_index(engine_.scan_limits, scan)
                                : lists->cost_of_note(spot.parent, spot.key, scan));
}

// To find the byte of an element, a text that is not ASCII is searched. Several cuts of one text search
// it about once.
bool UpdateWeight::weigh_text(Handle handle) {
  const Item& item = store_[handle];
  if (item.kind() != BlockKind::kString || item.bytes == item.len || handle == text_) return true;
  text_ = handle;
  return spend(item.bytes / kTextAStep);
}

// ---- deletions

bool UpdateWeight::weigh_deletes() {
  for (const auto& [client, ranges] : update_.deletes.clients()) {
    const ClientIndex index = store_.clients.find(client);
    if (!spend(1)) return false;
    if (index == kNoClient) continue;
    for (const ClockRange& range : ranges) {
      const Clock end = std::min(range.end(), store_.clients[index].clock);
      if (!spend(1)) return false;
      if (range.clock >= end) continue;
      const std::uint64_t before = store_.work;
      const bool within = store_.visit_live(
          index, range.clock, end,
          [&](Handle item, Clock from, Clock to) { return weigh_deleted(item, from, to); },
          most_ - spent_);
      if (!spend(store_.work - before) || !within) return false;
    }
  }
  return true;
}

bool UpdateWeight::weigh_deleted(Handle handle, Clock from, Clock to) {
  const Item& item = store_[handle];
  const bool values = item.kind() == BlockKind::kAny || item.kind() == BlockKind::kJson;
  if (values && !spend((to - from) / kValuesAStep)) return false;
  if (to - from < item.len) {
    drop(item, from - item.clock, to - from);
    return spend(kPerStruct) && weigh_text(handle);
  }
  return weigh_removed(handle);
}

void UpdateWeight::drop(const Item& item, Clock offset, Clock count) {
  dropped_ += count;
  if (has_values(item.kind()))
    dropped_values_ += store_.clients[item.client].values.occupied(item.content + offset, count);
  if (droppers_.empty() || droppers_.back() != item.client) droppers_.push_back(item.client);
}

bool UpdateWeight::weigh_removed(Handle handle) {
  const Item& item = store_[handle];
  drop(item, 0, item.len);
  subdocs_ |= item.kind() == BlockKind::kDoc;
  if (!spend(kPerStruct)) return false;
  if (item.kind() != BlockKind::kType) return true;
  std::vector<TypeIndex> types{item.content};
  return weigh_inside(types);
}

// A type goes with everything inside it, at any depth.
bool UpdateWeight::weigh_inside(std::vector<TypeIndex>& types) {
  const auto weigh = [&](Handle handle) {
    const Item& item = store_[handle];
    if (item.kind() == BlockKind::kType) types.push_back(item.content);
    drop(item, 0, item.len);
    subdocs_ |= item.kind() == BlockKind::kDoc;
    return spend(kPerStruct);
  };
  while (!types.empty()) {
    const TypeState& type = store_.types[types.back()];
    types.pop_back();
    for (Handle item = type.sequence.first; item != kNoItem; item = store_[item].right)
      if (!weigh(item)) return false;
    for (EntryIndex e = type.first_entry; e != kNoEntry; e = store_.types.entry(e).next)
      for (Handle item = store_.types.entry(e).item; item != kNoItem; item = store_[item].left)
        if (!weigh(item)) return false;
  }
  return true;
}

// If most of a client's content is dead, the rest is copied (Store::compact).
bool UpdateWeight::weigh_compaction() {
  for (const ClientIndex index : droppers_) {
    const ClientState& client = store_.clients[index];
    const std::size_t text = kMostBytesAUnit * dropped_;
    if (!spend(1)) return false;
    if (!(client.text.wants_compaction(text) &&
          client.text.dead() + text > client.structs.size()) &&
        !(client.values.wants_compaction(dropped_values_) &&
          client.values.dead() + dropped_values_ > client.structs.size()))
      continue;
    if (!spend(client.structs.size() + (client.text.size() + client.values.bytes()) / kTextAStep +
               client.values.size()))
      return false;
  }
  return true;
}

}  // namespace syncline::crdt
