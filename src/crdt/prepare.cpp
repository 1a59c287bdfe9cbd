#include <algorithm>

#include "base/byte_reader.h"
#include "crdt/any_tags.h"
#include "crdt/contradiction.h"
#include "crdt/effect_builder.h"
#include "crdt/engine.h"
#include "crdt/packed.h"
#include "crdt/update_weight.h"

namespace syncline::crdt {
namespace {

Result<Effect> effect_of(const Store& store, const DecodedUpdate& update, EffectRules rules) {
  Result<Effect> effect = EffectBuilder(store, update, rules).build();
  if (effect) effect->contradiction = find_contradiction(store, update);
  return effect;
}

}  // namespace

Result<Effect> Engine::prepare(ByteView update, UpdateVersion version, EffectRules rules) const {
  DecodedUpdate decoded;
  if (Result<void> ok = decode_valid(update, version, decoded); !ok)
    return std::unexpected(ok.error());
  return effect_of(store, decoded, rules);
}

Result<std::optional<Effect>> Engine::prepare_within(ByteView update, UpdateVersion version,
                                                     std::uint64_t steps) const {
  DecodedUpdate decoded;
  if (Result<void> ok = decode_valid(update, version, decoded); !ok)
    return std::unexpected(ok.error());
  if (UpdateWeight(*this, decoded, steps).exceeds()) return std::nullopt;
  return effect_of(store, decoded, EffectRules::kCurrent);
}

Result<std::uint64_t> Engine::weigh(ByteView update, UpdateVersion version,
                                    std::uint64_t most) const {
  DecodedUpdate decoded;
  if (Result<void> ok = decode_update(update, version, decoded); !ok)
    return std::unexpected(ok.error());
  UpdateWeight weight(*this, decoded, most);
  return weight.exceeds() ? most + 1 : weight.spent();
}

Result<void> Engine::decode_valid(ByteView update, UpdateVersion version,
                                  DecodedUpdate& decoded) const {
  if (Result<void> ok = decode_update(update, version, decoded); !ok) return ok;
  return validate(update, decoded);
}

EffectBuilder::EffectBuilder(const Store& store, const DecodedUpdate& update, EffectRules rules)
    : store_(store),
      update_(update),
      rules_(rules),
      order_(store.clients, update),
      places_(update.blocks.size()),
      visited_(update.blocks.size()),
      touches_(store, update.deletes, places_, new_roots_, rules) {
  if (update.clients.size() <= kFewClients) return;
  for (const DecodedUpdate::ClientBlocks& client : update.clients)
    clients_.emplace(client.client, &client);
}

const DecodedUpdate::ClientBlocks* EffectBuilder::find_client(ClientId id) const {
  if (clients_.empty()) {
    const auto found = std::ranges::find(update_.clients, id, &DecodedUpdate::ClientBlocks::client);
    return found == update_.clients.end() ? nullptr : &*found;
  }
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : found->second;
}

Result<Effect> EffectBuilder::build() {
  for (UpdateOrder::Step step = order_.next(); step.block != nullptr; step = order_.next())
    visit(*step.block, step.index, step.offset);
  for (const auto& [client, clock] : order_.missing()) effect_.waits_for.set(client, clock + 1);
  std::ranges::sort(replaced_);
  touch_dead_values();
  touch_deletes();
  Result<std::vector<Touch>> touches = touches_.take();
  if (!touches) return std::unexpected(std::move(touches.error()));
  effect_.touches = std::move(*touches);
  return std::move(effect_);
}

// ---- where blocks go

void EffectBuilder::visit(const Block& block, std::uint32_t index, Clock offset) {
  effect_.changes = true;
  Place place;
  if (block.kind != BlockKind::kGc && place_of(block, place)) {
    if (offset > 0) {
      // The first part is known and decides the place; see Engine::integrate_block.
      Place known;
      place = place_behind({block.client, block.clock + offset - 1}, known) ? known : Place{};
    }
    touch_block(block, place, offset);
  } else {
    place = {};
  }
  places_[index] = place;
  visited_[index] = true;
}

bool EffectBuilder::place_of(const Block& block, Place& place) {
  Place right;
  if (block.has_origin && !place_behind(block.origin, place)) return false;
  if (block.has_right_origin && !place_before(block.right_origin, right)) return false;
  switch (block.parent_kind) {
    case ParentKind::kNone:
      if (!block.has_origin) place = right;
      return true;
    case ParentKind::kRoot: place.target = root(block.parent_name); break;
    case ParentKind::kItem: place.target = holder(block.parent_id); break;
  }
  if (place.target.kind == Target::Kind::kForgotten) return false;
  place.keyed = block.has_parent_sub;
  place.key = block.parent_sub;
  return true;
}

bool EffectBuilder::place_behind(Id id, Place& place) {
  return find_place(id, true, place);
}

bool EffectBuilder::place_before(Id id, Place& place) {
  return find_place(id, false, place);
}

// False if the element is forgotten. Then everything that was inserted next to it is forgotten,
// too.
bool EffectBuilder::find_place(Id id, bool behind, Place& place) {
  const ClientIndex client = store_.clients.find(id.client);
  if (client == kNoClient || !store_.known({client, id.clock})) {
    std::uint32_t index = 0;
    if (!find_block(id, index)) return false;
    place = places_[index];
    return place.target.kind != Target::Kind::kForgotten;
  }
  const Handle handle = store_.find({client, id.clock});
  const Item& item = store_[handle];
  if (item.is_gc()) return false;
  place.target = {Target::Kind::kType, item.parent};
  place.keyed = item.keyed;
  if (item.keyed) {
    place.key = store_.keys[item.place];
    return true;
  }
  place.position = store_.sequences.position(store_.types[item.parent].sequence, handle);
  if (item.visible() > 0) place.position += id.clock - item.clock + (behind ? 1 : 0);
  return true;
}

// Finds the visited block that contains an id.
bool EffectBuilder::find_block(Id id, std::uint32_t& index) const {
  const DecodedUpdate::ClientBlocks* const client = find_client(id.client);
  if (client == nullptr) return false;
  const auto first = update_.blocks.begin() + client->first;
  const auto last = first + client->count;
  const auto behind = std::upper_bound(
      first, last, id.clock, [](Clock clock, const Block& block) { return clock < block.clock; });
  if (behind == first || id.clock >= (behind - 1)->end()) return false;
  index = static_cast<std::uint32_t>(behind - 1 - update_.blocks.begin());
  return visited_[index];
}

Target EffectBuilder::root(std::string_view name) {
  const KeyIndex key = store_.keys.find(name);
  const TypeIndex type = key == kNoKey ? kNoType : store_.types.root(key);
  if (type != kNoType) return {Target::Kind::kType, type};
  const auto [found, added] =
      new_root_index_.try_emplace(name, static_cast<std::uint32_t>(new_roots_.size()));
  if (added) new_roots_.push_back(name);
  return {Target::Kind::kNewRoot, found->second};
}

// The type whose item has this id.
Target EffectBuilder::holder(Id id) const {
  const ClientIndex client = store_.clients.find(id.client);
  if (client != kNoClient && store_.known({client, id.clock})) {
    const Item& item = store_[store_.find({client, id.clock})];
    if (item.kind() != BlockKind::kType) return {};
    return {Target::Kind::kType, item.content};
  }
  std::uint32_t index = 0;
  if (!find_block(id, index) || update_.blocks[index].kind != BlockKind::kType) return {};
  if (places_[index].target.kind == Target::Kind::kForgotten) return {};
  return {Target::Kind::kBlock, index};
}

// ---- touches

namespace {

Touch::Extent extent_of(bool container) {
  return container ? Touch::Extent::kBelow : Touch::Extent::kPlace;
}

// For a packed value.
bool is_container(ByteView value) {
  return !value.empty() && (value.front() == kAnyObject || value.front() == kAnyArray);
}

// True if an element of the block, from number `offset` on, is a container or has one inside.
bool brings_container(const Block& block, Clock offset) {
  switch (block.kind) {
    case BlockKind::kType:
    case BlockKind::kDoc: return true;
    case BlockKind::kEmbed: return is_container(block.payload);
    case BlockKind::kAny:
    case BlockKind::kJson: break;
    default: return false;
  }
  ByteReader in(block.payload);
  for (Clock i = 0; i < block.len; ++i) {
    if (i >= offset && is_container(block.payload.subspan(in.position()))) return true;
    (void)scan_any(in);
  }
  return false;
}

// The same for the clocks from `from` to `end` of a live item, without `end`.
bool holds_container(const Store& store, const Item& item, Clock from, Clock end) {
  switch (item.kind()) {
    case BlockKind::kType:
    case BlockKind::kDoc: return true;
    case BlockKind::kEmbed: return is_container(store.value(item));
    case BlockKind::kAny:
    case BlockKind::kJson: break;
    default: return false;
  }
  for (Clock clock = from; clock < end; ++clock)
    if (is_container(store.value(item, clock - item.clock))) return true;
  return false;
}

}  // namespace

void EffectBuilder::touch_block(const Block& block, const Place& place, Clock offset) {
  if (place.target.kind == Target::Kind::kForgotten) return;
  if (rules_ == EffectRules::kVersion1) return touch_block_version1(block, place, offset);
  // The touch of a new container covers everything inside it.
  if (place.target.kind == Target::Kind::kBlock) return;
  if (place.keyed) {
    touch_key(block, place);
  } else if (block.kind == BlockKind::kFormat) {
    touches_.add({.kind = Touch::Kind::kFormat,
                  .target = place.target,
                  .key = block.name,
                  .index = place.position});
  } else if (block.kind != BlockKind::kDeleted) {
    touches_.add({.kind = Touch::Kind::kInsert,
                  .extent = extent_of(brings_container(block, offset)),
                  .target = place.target,
                  .index = place.position,
                  .length = block.len - offset});
  }
}

void EffectBuilder::touch_key(const Block& block, const Place& place) {
  if (block.has_origin) replaced_.push_back(block.origin);
  FoundTouch touch{.kind = Touch::Kind::kSetKey,
                   .extent = extent_of(shows_container(place) || brings_container(block, 0)),
                   .target = place.target,
                   .key = place.key};
  if (block.kind != BlockKind::kDeleted && !update_.deletes.contains(block.last_id()))
    return touches_.add(touch);
  touch.kind = Touch::Kind::kDeleteKey;
  dead_values_.push_back({block.last_id(), touch});
}

// A dead value deletes its key, unless the update replaces the value.
void EffectBuilder::touch_dead_values() {
  for (const DeadValue& value : dead_values_)
    if (!is_replaced(value.last)) touches_.add(value.touch);
}

void EffectBuilder::touch_block_version1(const Block& block, const Place& place, Clock offset) {
  FoundTouch touch{.target = place.target};
  if (place.keyed) {
    const bool gone = block.kind == BlockKind::kDeleted;
    touch.kind = gone ? Touch::Kind::kDeleteKey : Touch::Kind::kSetKey;
    touch.key = place.key;
  } else if (block.kind == BlockKind::kFormat) {
    touch.kind = Touch::Kind::kFormat;
    touch.key = block.name;
    touch.index = place.position;
  } else if (block.kind != BlockKind::kDeleted) {
    touch.index = place.position;
    touch.length = block.len - offset;
  } else {
    return;
  }
  touches_.add(touch);
}

void EffectBuilder::touch_deletes() {
  const DeleteSet::Clients& all = update_.deletes.clients();
  for (auto entry = all.rbegin(); entry != all.rend(); ++entry) {
    const ClientIndex index = store_.clients.find(entry->first);
    const Clock stored = index == kNoClient ? 0 : store_.clients[index].clock;
    const Clock known = order_.known(entry->first);
    for (const ClockRange& range : entry->second) {
      if (range.end() > known) effect_.deletes_wait_for.raise(entry->first, range.end());
      // An element that the update itself inserts has a touch for its insertion, even if the update
      // also deletes it.
      const Clock end = std::min(range.end(), stored);
      if (range.clock >= end) continue;
      store_.visit_live(index, range.clock, end, [&](Handle handle, Clock from, Clock to) {
        touch_deleted(store_[handle], handle, from, to);
        return true;
      });
    }
  }
}

void EffectBuilder::touch_deleted(const Item& item, Handle handle, Clock from, Clock end) {
  effect_.changes = true;
  const bool current = rules_ == EffectRules::kCurrent;
  // The touch of the container that is removed covers this deletion.
  if (current && touches_.goes(item.parent)) return;
  FoundTouch touch{.kind = Touch::Kind::kDelete, .target = {Target::Kind::kType, item.parent}};
  if (current) touch.extent = extent_of(holds_container(store_, item, from, end));
  if (item.keyed) {
    // Values before the current one are already deleted.
    if (current && is_replaced(store_.id(item.last_id()))) return;
    touch.kind = Touch::Kind::kDeleteKey;
    touch.key = store_.keys[item.place];
    return touches_.add(touch);
  }
  touch.index = store_.sequences.position(store_.types[item.parent].sequence, handle);
  if (item.kind() == BlockKind::kFormat) {
    touch.kind = Touch::Kind::kFormat;
    touch.key = store_.keys[store_.name(item)];
  } else {
    touch.index += from - item.clock;
    touch.length = end - from;
  }
  touches_.add(touch);
}

bool EffectBuilder::is_replaced(Id last) const {
  return std::ranges::binary_search(replaced_, last);
}

// True if the value under a key, before the update, is a container.
bool EffectBuilder::shows_container(const Place& place) {
  if (place.target.kind != Target::Kind::kType) return false;
  const KeyIndex key = store_.keys.find(place.key);
  const Handle handle = key == kNoKey ? kNoItem : store_.types.value(place.target.index, key);
  if (handle == kNoItem) return false;
  const Item& item = store_[handle];
  if (item.deleted) return false;
  constexpr Clock kFew = 8;
  if (item.len <= kFew) return holds_container(store_, item, item.clock, item.end());
  const auto [shown, is_new] = shown_.try_emplace(handle, false);
  if (is_new) {
    store_.work += item.len;
    shown->second = holds_container(store_, item, item.clock, item.end());
  }
  return shown->second;
}

}  // namespace syncline::crdt
