// Reading: types, values, paths and JSON.
#include <algorithm>

#include "base/utf8.h"
#include "crdt/engine.h"
#include "crdt/packed.h"
#include "crdt/xml_print.h"

namespace syncline::crdt {

TypeIndex Engine::root(std::string_view name, TypeKind kind) {
  const KeyIndex key = store.keys.intern(name);
  const TypeIndex index = store.types.root(key);
  if (index == kNoType) return store.types.add_root(key, kind);
  TypeState& type = store.types[index];
  if (type.kind == TypeKind::kUndefined && kind != TypeKind::kUndefined) {
    type.kind = kind;
    type.cleans_formats = false;
  }
  return index;
}

bool Engine::is_deleted(TypeIndex index) const {
  const TypeState& type = store.types[index];
  return type.collected || (type.item != kNoItem && store[type.item].deleted);
}

Path Engine::path(TypeIndex index) const {
  Path path;
  while (true) {
    const TypeState& type = store.types[index];
    if (type.collected) return {};
    if (type.item == kNoItem) {
      path.root = store.keys[type.name];
      std::reverse(path.steps.begin(), path.steps.end());
      return path;
    }
    const Item& holder = store[type.item];
    if (holder.keyed) {
      path.steps.emplace_back(std::string(store.keys[holder.place]));
    } else {
      path.steps.emplace_back(
          store.sequences.position(store.types[holder.parent].sequence, type.item));
    }
    index = holder.parent;
  }
}

namespace {

bool is_xml(TypeKind kind) {
  return kind == TypeKind::kXmlElement || kind == TypeKind::kXmlText || kind == TypeKind::kXmlHook;
}

// The kind of a root, as far as its visible elements show it. Only texts contain characters,
// formats and embeds; but texts may contain shared types, too.
std::optional<TypeKind> kind_by_elements(const Engine& engine, const TypeState& root) {
  std::optional<TypeKind> kind;
  for (Handle h = root.sequence.first; h != kNoItem; h = engine.store[h].right) {
    const Item& item = engine.store[h];
    if (item.deleted) continue;
    switch (item.kind()) {
      case BlockKind::kString:
      case BlockKind::kFormat:
      case BlockKind::kEmbed: return TypeKind::kText;
      case BlockKind::kType:
        if (!is_xml(engine.type(item.content).kind)) kind = TypeKind::kArray;
        if (!kind) kind = TypeKind::kXmlFragment;
        break;
      default: return TypeKind::kArray;
    }
  }
  return kind;
}

}  // namespace

std::optional<TypeKind> Engine::shown_kind(TypeIndex index) const {
  const TypeState& type = store.types[index];
  if (type.kind != TypeKind::kUndefined) return type.kind;
  if (const std::optional<TypeKind> kind = kind_by_elements(*this, type)) return kind;
  for (EntryIndex e = type.first_entry; e != kNoEntry; e = store.types.entry(e).next)
    if (!store[store.types.entry(e).item].deleted) return TypeKind::kMap;
  return std::nullopt;
}

TypeKind Engine::printed_kind(TypeIndex index) const {
  if (const std::optional<TypeKind> kind = shown_kind(index)) return *kind;
  return store.types[index].first_entry != kNoEntry ? TypeKind::kMap : TypeKind::kArray;
}

Value Engine::value_at(const Item& item, Clock offset) {
  switch (item.kind()) {
    case BlockKind::kString: {
      // One UTF-16 unit, as JavaScript sees it. UTF-8 cannot hold half of a pair.
      const std::string_view all = store.text(item);
      bool inside_pair = false;
      bool ends_inside = false;
      const std::size_t from = utf16_offset(all, offset, inside_pair);
      const std::size_t to = utf16_offset(all, offset + 1, ends_inside);
      if (inside_pair || ends_inside) return Any(std::string(kReplacementCharacter));
      return Any(std::string(all.substr(from, to - from)));
    }
    case BlockKind::kAny:
    case BlockKind::kJson:
    case BlockKind::kEmbed: {
      Result<Any> value = unpack(store.value(item, offset));
      return value ? std::move(*value) : Any();
    }
    case BlockKind::kBinary: return Any(to_bytes(store.value(item)));
    case BlockKind::kType: return Type(this, item.content);
    case BlockKind::kDoc: return subdoc(item);
    default: return Any();
  }
}

std::string Engine::plain_text(TypeIndex index) const {
  std::string text;
  if (is_deleted(index)) return text;
  text.reserve(store.types[index].sequence.length);
  for (Handle h = store.types[index].sequence.first; h != kNoItem; h = store[h].right) {
    const Item& item = store[h];
    if (!item.deleted && item.kind() == BlockKind::kString) text += store.text(item);
  }
  return text;
}

// ---- JSON

namespace {

// Types nested deeper than this are omitted, because their JSON could not be read again.
constexpr int kMaxJsonDepth = kMaxAnyDepth;

Any value_to_json(Engine& engine, Value value, int depth);

Any sequence_to_json(Engine& engine, TypeIndex index, int depth) {
  Any::Array array;
  for (Handle h = engine.type(index).sequence.first; h != kNoItem; h = engine.store[h].right) {
    const Item& item = engine.store[h];
    for (Clock i = 0; i < item.visible(); ++i)
      array.push_back(value_to_json(engine, engine.value_at(item, i), depth));
  }
  return array;
}

Any entries_to_json(Engine& engine, TypeIndex index, int depth) {
  Any::Object object;
  EntryIndex next = kNoEntry;
  for (EntryIndex e = engine.type(index).first_entry; e != kNoEntry; e = next) {
    const MapEntry& entry = engine.store.types.entry(e);
    next = entry.next;
    const Item& item = engine.store[entry.item];
    if (item.deleted) continue;
    object.emplace_back(std::string(engine.store.keys[entry.key]),
                        value_to_json(engine, engine.value_at(item, item.len - 1), depth));
  }
  return object;
}

Any type_to_json(Engine& engine, TypeIndex index, int depth) {
  if (depth > kMaxJsonDepth) return Any();
  const bool deleted = engine.is_deleted(index);
  switch (engine.printed_kind(index)) {
    case TypeKind::kArray:
      return deleted ? Any(Any::Array{}) : sequence_to_json(engine, index, depth);
    case TypeKind::kMap:
    case TypeKind::kXmlHook:
      return deleted ? Any(Any::Object{}) : entries_to_json(engine, index, depth);
    case TypeKind::kText: return engine.plain_text(index);
    case TypeKind::kXmlElement:
    case TypeKind::kXmlFragment:
    case TypeKind::kXmlText: return print_type(engine, index);
    case TypeKind::kUndefined: break;
  }
  return Any();
}

Any value_to_json(Engine& engine, Value value, int depth) {
  if (Any* any = std::get_if<Any>(&value)) return std::move(*any);
  if (const Type* type = std::get_if<Type>(&value))
    return type_to_json(engine, type->index(), depth + 1);
  return Any(Any::Object{{"guid", Any(std::get<Subdoc>(value).guid)}});
}

}  // namespace

Any Engine::to_json(TypeIndex index) {
  return type_to_json(*this, index, 0);
}

}  // namespace syncline::crdt
