// The functions that all type handles share.
#include "crdt/engine.h"

namespace syncline::crdt {

TypeKind Type::kind() const {
  return engine_->type(index_).kind;
}

bool Type::deleted() const {
  return engine_->is_deleted(index_);
}

Path Type::path() const {
  return engine_->path(index_);
}

std::uint32_t Type::length() const {
  if (engine_->is_deleted(index_)) return 0;
  const TypeState& type = engine_->type(index_);
  if (type.kind != TypeKind::kMap && type.kind != TypeKind::kXmlHook) return type.sequence.length;
  std::uint32_t keys = 0;
  for (EntryIndex e = type.first_entry; e != kNoEntry; e = engine_->store.types.entry(e).next)
    if (!engine_->store[engine_->store.types.entry(e).item].deleted) ++keys;
  return keys;
}

std::optional<Type> Type::parent() const {
  const Handle holder = engine_->type(index_).item;
  if (holder == kNoItem || engine_->store[holder].deleted) return std::nullopt;
  return Type(engine_, engine_->store[holder].parent);
}

namespace {

// The nearest live type from `item` on, in the direction of `step`.
std::optional<Type> nearest_type(Engine& engine, Handle item, Handle Item::*step) {
  for (; item != kNoItem; item = engine.store[item].*step)
    if (!engine.store[item].deleted && engine.store[item].kind() == BlockKind::kType)
      return Type(&engine, engine.store[item].content);
  return std::nullopt;
}

std::optional<Type> sibling(Engine& engine, TypeIndex type, Handle Item::*step) {
  const Handle holder = engine.type(type).item;
  if (holder == kNoItem || engine.store[holder].deleted || engine.store[holder].keyed)
    return std::nullopt;
  return nearest_type(engine, engine.store[holder].*step, step);
}

}  // namespace

std::optional<Type> Type::next_sibling() const {
  return sibling(*engine_, index_, &Item::right);
}

std::optional<Type> Type::previous_sibling() const {
  return sibling(*engine_, index_, &Item::left);
}

Any Type::to_json() const {
  return engine_->to_json(index_);
}

}  // namespace syncline::crdt
