#include "syncline/crdt/relative_position.h"

#include "crdt/engine.h"

namespace syncline::crdt {
namespace {

// A position that names the end of the type.
RelativePosition end_of(const Engine& engine, TypeIndex type, std::int32_t assoc) {
  RelativePosition position;
  position.assoc = assoc;
  const TypeState& state = engine.type(type);
  if (state.is_root()) {
    position.root = std::string(engine.store.keys[state.name]);
  } else if (!state.collected) {
    position.type = engine.store.id(engine.store[state.item].id());
  }
  return position;
}

struct Found {
  Handle item = kNoItem;
  Clock offset = 0;  // of the id within the item
};

// The item that contains an id now. If undo brought it back under another id, that item.
std::optional<Found> find_item(const Store& store, Id id) {
  const ClientIndex client = store.clients.find(id.client);
  if (client == kNoClient || !store.known({client, id.clock})) return std::nullopt;
  DenseId next{client, id.clock};
  for (;;) {
    const Handle handle = store.find(next);
    const Item& item = store[handle];
    const Clock offset = next.clock - item.clock;
    if (!item.redone) return Found{handle, offset};
    next = store.redone->at(handle);
    next.clock += offset;
  }
}

std::optional<AbsolutePosition> beside_item(Engine& engine, const RelativePosition& position) {
  const std::optional<Found> found = find_item(engine.store, *position.item);
  if (!found) return std::nullopt;
  const Item& item = engine.store[found->item];
  if (item.is_gc()) return std::nullopt;
  AbsolutePosition out{Type(&engine, item.parent), 0, position.assoc};
  if (engine.is_deleted(item.parent) || item.keyed) return out;
  out.index = engine.store.sequences.position(engine.type(item.parent).sequence, found->item);
  if (!item.deleted && item.countable()) out.index += found->offset + (position.assoc >= 0 ? 0 : 1);
  return out;
}

std::optional<TypeIndex> named_type(Engine& engine, const RelativePosition& position) {
  if (position.root) {
    // Does not create a missing root, because positions come from other people.
    const KeyIndex name = engine.store.keys.find(*position.root);
    const TypeIndex root = name == kNoKey ? kNoType : engine.store.types.root(name);
    return root == kNoType ? std::nullopt : std::optional(root);
  }
  const std::optional<Found> found = find_item(engine.store, *position.type);
  if (!found || engine.store[found->item].kind() != BlockKind::kType) return std::nullopt;
  return engine.store[found->item].content;
}

}  // namespace

RelativePosition relative_position(const Type& type, std::uint32_t index, std::int32_t assoc) {
  const Engine& engine = *type.engine();
  const Store& store = engine.store;
  const Sequence& sequence = engine.type(type.index()).sequence;
  RelativePosition position = end_of(engine, type.index(), assoc);
  if (assoc < 0) {
    if (index == 0) return position;
    --index;
  }
  if (index < sequence.length) {
    const SequencePool::Place place = store.sequences.find(sequence, index);
    Id id = store.id(store[place.item].id());
    id.clock += place.offset;
    position.item = id;
  } else if (assoc < 0 && sequence.last != kNoItem) {
    position.item = store.id(store[sequence.last].last_id());
  }
  return position;
}

std::optional<AbsolutePosition> absolute_position(const RelativePosition& position, Doc& doc) {
  Engine& engine = doc.engine();
  if (position.item) return beside_item(engine, position);
  if (!position.root && !position.type) return std::nullopt;
  const std::optional<TypeIndex> type = named_type(engine, position);
  if (!type) return std::nullopt;
  const std::uint32_t end = engine.is_deleted(*type) ? 0 : engine.type(*type).sequence.length;
  return AbsolutePosition{Type(&engine, *type), position.assoc >= 0 ? end : 0, position.assoc};
}

}  // namespace syncline::crdt
