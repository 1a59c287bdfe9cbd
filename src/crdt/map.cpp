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

std::optional<Value> get_keyed(Engine& engine, TypeIndex type, std::string_view key) {
  if (engine.is_deleted(type)) return std::nullopt;
  const KeyIndex index = engine.store.keys.find(key);
  const Handle handle = index == kNoKey ? kNoItem : engine.store.types.value(type, index);
  if (handle == kNoItem || engine.store[handle].deleted) return std::nullopt;
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

std::optional<Value> Map::get(std::string_view key) const {
  return get_keyed(*engine_, index_, key);
}

std::vector<std::pair<std::string, Value>> Map::entries() const {
  return keyed_entries(*engine_, index_);
}

}  // namespace syncline::crdt
