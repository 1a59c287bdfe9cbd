// What all type handles have in common.
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

Any Type::to_json() const {
  return engine_->to_json(index_);
}

}  // namespace syncline::crdt
