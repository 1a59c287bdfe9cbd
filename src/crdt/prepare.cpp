#include <algorithm>

#include "crdt/contradiction.h"
#include "crdt/effect_builder.h"
#include "crdt/engine.h"

namespace syncline::crdt {

Result<Effect> Engine::prepare(ByteView update, UpdateVersion version) const {
  DecodedUpdate decoded;
  if (Result<void> ok = decode_update(update, version, decoded); !ok)
    return std::unexpected(ok.error());
  if (Result<void> ok = validate(update, decoded); !ok) return std::unexpected(ok.error());
  Result<Effect> effect = EffectBuilder(store, decoded).build();
  if (effect) effect->contradiction = find_contradiction(store, decoded);
  return effect;
}

EffectBuilder::EffectBuilder(const Store& store, const DecodedUpdate& update)
    : store_(store),
      update_(update),
      order_(store.clients, update),
      places_(update.blocks.size()),
      visited_(update.blocks.size()) {
  for (const DecodedUpdate::ClientBlocks& client : update.clients)
    clients_.emplace(client.client, &client);
}

Result<Effect> EffectBuilder::build() {
  for (UpdateOrder::Step step = order_.next(); step.block != nullptr; step = order_.next())
    visit(*step.block, step.index, step.offset);
  for (const auto& [client, clock] : order_.missing()) effect_.waits_for.set(client, clock + 1);
  touch_deletes();
  if (too_large_)
    return fail(ErrorCode::kTooLarge, "the update touches too deep or too many types");
  return std::move(effect_);
}

// ---- where blocks go

void EffectBuilder::visit(const Block& block, std::uint32_t index, Clock offset) {
  effect_.changes = true;
  Place place;
  if (block.kind != BlockKind::kGc && place_of(block, place)) {
    if (offset > 0) {
      // The first part is known and decides; see Engine::integrate_block.
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

// False: the element is forgotten, and so is everything that was inserted beside it.
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

// The visited block that holds an id.
bool EffectBuilder::find_block(Id id, std::uint32_t& index) const {
  const auto client = clients_.find(id.client);
  if (client == clients_.end()) return false;
  const auto first = update_.blocks.begin() + client->second->first;
  const auto last = first + client->second->count;
  const auto behind = std::upper_bound(
      first, last, id.clock, [](Clock clock, const Block& block) { return clock < block.clock; });
  if (behind == first || id.clock >= (behind - 1)->end()) return false;
  index = static_cast<std::uint32_t>(behind - 1 - update_.blocks.begin());
  return visited_[index];
}

EffectBuilder::Target EffectBuilder::root(std::string_view name) {
  const KeyIndex key = store_.keys.find(name);
  const TypeIndex type = key == kNoKey ? kNoType : store_.types.root(key);
  if (type != kNoType) return {Target::Kind::kType, type};
  const auto [found, added] =
      new_root_index_.try_emplace(name, static_cast<std::uint32_t>(new_roots_.size()));
  if (added) new_roots_.push_back(name);
  return {Target::Kind::kNewRoot, found->second};
}

// The type that the element with this id is.
EffectBuilder::Target EffectBuilder::holder(Id id) const {
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

void EffectBuilder::touch_block(const Block& block, const Place& place, Clock offset) {
  if (place.target.kind == Target::Kind::kForgotten) return;
  if (place.keyed) {
    const bool gone = block.kind == BlockKind::kDeleted;
    add(gone ? Touch::Kind::kDeleteKey : Touch::Kind::kSetKey, place.target, place.key, 0, 0);
  } else if (block.kind == BlockKind::kFormat) {
    add(Touch::Kind::kFormat, place.target, block.name, place.position, 0);
  } else if (block.kind != BlockKind::kDeleted) {
    add(Touch::Kind::kInsert, place.target, {}, place.position, block.len - offset);
  }
}

void EffectBuilder::touch_deletes() {
  const DeleteSet::Clients& all = update_.deletes.clients();
  for (auto entry = all.rbegin(); entry != all.rend(); ++entry) {
    const ClientIndex index = store_.clients.find(entry->first);
    const Clock stored = index == kNoClient ? 0 : store_.clients[index].clock;
    const Clock known = order_.known(entry->first);
    for (const ClockRange& range : entry->second) {
      if (range.end() > known) effect_.deletes_wait = true;
      // What the update itself inserts is told as inserted, though it deletes it again.
      const Clock end = std::min(range.end(), stored);
      for (Clock clock = range.clock; clock < end;) {
        const Handle handle = store_.find({index, clock});
        const Item& item = store_[handle];
        const Clock item_end = std::min(end, item.end());
        if (!item.deleted) touch_deleted(item, handle, clock, item_end);
        clock = item_end;
      }
    }
  }
}

void EffectBuilder::touch_deleted(const Item& item, Handle handle, Clock from, Clock end) {
  effect_.changes = true;
  const Target target{Target::Kind::kType, item.parent};
  if (item.keyed) {
    // The values before the current one are deleted already.
    add(Touch::Kind::kDeleteKey, target, store_.keys[item.place], 0, 0);
    return;
  }
  const std::uint32_t position =
      store_.sequences.position(store_.types[item.parent].sequence, handle);
  if (item.kind() == BlockKind::kFormat) {
    add(Touch::Kind::kFormat, target, store_.keys[store_.name(item)], position, 0);
  } else {
    add(Touch::Kind::kDelete, target, {}, position + (from - item.clock), end - from);
  }
}

void EffectBuilder::add(Touch::Kind kind, Target target, std::string_view key, std::uint32_t index,
                        std::uint32_t length) {
  if (too_large_) return;
  if (!effect_.touches.empty() && target == last_target_ && effect_.touches.back().kind == kind &&
      effect_.touches.back().key == key) {
    Touch& last = effect_.touches.back();
    const std::uint32_t follows =
        kind == Touch::Kind::kDelete ? last.index + last.length : last.index;
    if (index == follows) {
      last.length += length;
      return;
    }
    if (kind == Touch::Kind::kDelete && index + length == last.index) {
      last.index = index;
      last.length += length;
      return;
    }
  }
  const Known* known = known_path(target);
  if (known == nullptr) return;
  path_bytes_ += known->bytes + key.size();
  if (path_bytes_ > kMaxPathBytes) {
    too_large_ = true;
    return;
  }
  effect_.touches.push_back({kind, known->path, std::string(key), index, length});
  last_target_ = target;
}

const EffectBuilder::Known* EffectBuilder::known_path(Target target) {
  const std::uint64_t slot = static_cast<std::uint64_t>(target.kind) << 32 | target.index;
  const auto found = paths_.find(slot);
  if (found != paths_.end()) return &found->second;
  Known known;
  if (!find_path(target, known.path)) {
    too_large_ = true;
    return nullptr;
  }
  known.bytes = sizeof(Touch) + known.path.root.size();
  for (const auto& step : known.path.steps) {
    known.bytes += sizeof(step);
    if (const std::string* key = std::get_if<std::string>(&step)) known.bytes += key->size();
  }
  return &paths_.emplace(slot, std::move(known)).first->second;
}

// From the type up to its root. False: too deep.
bool EffectBuilder::find_path(Target target, Path& path) const {
  while (true) {
    if (path.steps.size() > kMaxPathSteps) return false;
    if (target.kind == Target::Kind::kBlock) {
      const Place& place = places_[target.index];
      if (place.keyed) {
        path.steps.emplace_back(std::string(place.key));
      } else {
        path.steps.emplace_back(place.position);
      }
      target = place.target;
      continue;
    }
    if (target.kind == Target::Kind::kNewRoot) {
      path.root = new_roots_[target.index];
      break;
    }
    const TypeState& type = store_.types[target.index];
    if (type.item == kNoItem) {
      path.root = store_.keys[type.name];
      break;
    }
    const Item& item = store_[type.item];
    if (item.keyed) {
      path.steps.emplace_back(std::string(store_.keys[item.place]));
    } else {
      path.steps.emplace_back(
          store_.sequences.position(store_.types[item.parent].sequence, type.item));
    }
    target = {Target::Kind::kType, item.parent};
  }
  std::reverse(path.steps.begin(), path.steps.end());
  return true;
}

}  // namespace syncline::crdt
