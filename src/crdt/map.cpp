// Map and XmlHook, and the keyed values of the other types.
#include "crdt/keyed.h"
#include "crdt/new_content.h"

namespace syncline::crdt {

// ---- keyed values of any type

void set_keyed(Engine& engine, TypeIndex type, std::string_view key, const Any& value) {
  Bytes storage;
  const NewContent content = value_content(value, storage);
  engine.transact(
      [&](Transaction&) { engine.insert_keyed(type, engine.store.keys.intern(key), content); });
}

void erase_keyed(Engine& engine, TypeIndex type, std::string_view key) {
  engine.transact([&](Transaction&) {
    const KeyIndex index = engine.store.keys.find(key);
    const Handle item = index == kNoKey ? kNoItem : engine.store.types.value(type, index);
    if (item != kNoItem) engine.remove(item);
  });
}

namespace {

// The item that holds the key's value, or kNoItem.
Handle keyed_item(const Engine& engine, TypeIndex type, std::string_view key) {
  if (engine.is_deleted(type)) return kNoItem;
  const KeyIndex index = engine.store.keys.find(key);
  const Handle handle = index == kNoKey ? kNoItem : engine.store.types.value(type, index);
  return handle != kNoItem && engine.store[handle].deleted ? kNoItem : handle;
}

}  // namespace

bool has_keyed(const Engine& engine, TypeIndex type, std::string_view key) {
  return keyed_item(engine, type, key) != kNoItem;
}

std::optional<Value> get_keyed(Engine& engine, TypeIndex type, std::string_view key) {
  const Handle handle = keyed_item(engine, type, key);
  if (handle == kNoItem) return std::nullopt;
  const Item& item = engine.store[handle];
  return engine.value_at(item, item.len - 1);
}

std::vector<std::pair<std::string, Value>> keyed_entries(Engine& engine, TypeIndex type) {
  std::vector<std::pair<std::string, Value>> entries;
  if (engine.is_deleted(type)) return entries;
  const TypeTable& types = engine.store.types;
  for (EntryIndex e = types[type].first_entry; e != kNoEntry; e = types.entry(e).next) {
    const Item& item = engine.store[types.entry(e).item];
    if (!item.deleted)
      entries.emplace_back(engine.store.keys[types.entry(e).key],
                           engine.value_at(item, item.len - 1));
  }
  return entries;
}

// ---- Map

namespace {

Result<void> check(const Engine& engine, TypeIndex type) {
  return engine.require(type, {TypeKind::kMap, TypeKind::kXmlHook});
}

}  // namespace

Result<void> Map::set(std::string_view key, const Any& value) {
  if (Result<void> ok = check(*engine_, index_); !ok) return ok;
  set_keyed(*engine_, index_, key, value);
  return {};
}

Result<Type> Map::set_type(std::string_view key, TypeKind kind, std::string_view name) {
  if (Result<void> ok = check(*engine_, index_); !ok) return std::unexpected(ok.error());
  const Result<NewContent> content = type_content(kind, name);
  if (!content) return std::unexpected(content.error());
  Type type;
  engine_->transact([&](Transaction&) {
    const Handle item = engine_->insert_keyed(index_, engine_->store.keys.intern(key), *content);
    type = Type(engine_, engine_->store[item].content);
  });
  return type;
}

Result<void> Map::set_subdoc(std::string_view key, const Subdoc& subdoc) {
  if (Result<void> ok = check(*engine_, index_); !ok) return ok;
  Bytes storage;
  const NewContent content = subdoc_content(subdoc, storage);
  engine_->transact([&](Transaction&) {
    engine_->insert_keyed(index_, engine_->store.keys.intern(key), content);
  });
  return {};
}

Result<void> Map::erase(std::string_view key) {
  if (Result<void> ok = check(*engine_, index_); !ok) return ok;
  erase_keyed(*engine_, index_, key);
  return {};
}

Result<void> Map::clear() {
  if (Result<void> ok = check(*engine_, index_); !ok) return ok;
  engine_->transact([&](Transaction&) {
    for (const std::string& key : keys()) erase_keyed(*engine_, index_, key);
  });
  return {};
}

bool Map::has(std::string_view key) const {
  return has_keyed(*engine_, index_, key);
}

std::vector<std::string> Map::keys() const {
  std::vector<std::string> keys;
  if (engine_->is_deleted(index_)) return keys;
  const TypeTable& types = engine_->store.types;
  for (EntryIndex e = types[index_].first_entry; e != kNoEntry; e = types.entry(e).next)
    if (!engine_->store[types.entry(e).item].deleted)
      keys.emplace_back(engine_->store.keys[types.entry(e).key]);
  return keys;
}

std::optional<Value> Map::get(std::string_view key) const {
  return get_keyed(*engine_, index_, key);
}

std::vector<std::pair<std::string, Value>> Map::entries() const {
  return keyed_entries(*engine_, index_);
}

}  // namespace syncline::crdt
