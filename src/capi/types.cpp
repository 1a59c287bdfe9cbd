// All types: syncline_type_*; arrays and maps.
#include <utility>

#include "capi/convert.h"
#include "syncline/crdt/type_copy.h"

using namespace syncline;
using namespace syncline::capi;

namespace {

// Calls `use` with the type as a T and with the key, if both are valid.
template <typename T, typename Use>
Result<void> with_key(syncline_type handle, const char* key, std::size_t size, Use&& use) {
  Result<T> type = typed<T>(handle);
  if (!type) return std::unexpected(type.error());
  const Result<std::string_view> valid = text(key, size);
  if (!valid) return std::unexpected(valid.error());
  return use(*type, *valid);
}

std::optional<std::vector<crdt::Any>> plain_values(const syncline_value* values,
                                                   std::size_t count) {
  std::vector<crdt::Any> out;
  for (std::size_t i = 0; i < count; ++i) {
    Result<crdt::Any> value = any(&values[i]);
    if (!value) return std::nullopt;
    out.push_back(*std::move(value));
  }
  return out;
}

Result<void> insert_values(crdt::Array array, std::uint32_t index, const syncline_value* values,
                           std::size_t count) {
  if (values == nullptr && count > 0) return fail(ErrorCode::kInvalid, "no values");
  if (count == 1 && values->kind == SYNCLINE_VALUE_SUBDOC) {
    const Result<std::string_view> guid = text(values->as.bytes.data, values->as.bytes.size);
    if (!guid) return std::unexpected(guid.error());
    return array.insert_subdoc(index, {std::string(*guid), {}});
  }
  const std::optional<std::vector<crdt::Any>> plain = plain_values(values, count);
  if (!plain) return fail(ErrorCode::kInvalid, "values that cannot be stored in an array");
  return array.insert(index, *plain);
}

Result<void> give_type(const Result<crdt::Type>& made, syncline_type* out) {
  if (!made) return std::unexpected(made.error());
  if (out != nullptr) *out = type(*made);
  return {};
}

bool give_type(const std::optional<crdt::Type>& found, syncline_type* out) {
  if (out != nullptr) *out = found ? type(*found) : syncline_type{};
  return found.has_value();
}

Result<crdt::TypeCopy> copy_of(syncline_type source) {
  const Result<crdt::Type> type = typed<crdt::Type>(source);
  if (!type) return std::unexpected(type.error());
  return crdt::TypeCopy::of(*type);
}

// Unknown kinds become kUndefined, which a later check refuses.
crdt::TypeKind kind_of(syncline_kind kind) {
  const bool known = kind >= SYNCLINE_KIND_ARRAY && kind <= SYNCLINE_KIND_XML_TEXT;
  return known ? static_cast<crdt::TypeKind>(kind) : crdt::TypeKind::kUndefined;
}

}  // namespace

extern "C" {

syncline_kind syncline_type_kind(syncline_type handle) {
  if (handle.engine == nullptr) return SYNCLINE_KIND_UNDEFINED;
  return static_cast<syncline_kind>(type(handle).kind());
}

bool syncline_type_equal(syncline_type a, syncline_type b) {
  return a.engine == b.engine && a.index == b.index;
}

bool syncline_type_deleted(syncline_type handle) {
  return handle.engine == nullptr || type(handle).deleted();
}

std::uint32_t syncline_type_length(syncline_type handle) {
  return handle.engine == nullptr ? 0 : type(handle).length();
}

bool syncline_type_parent(syncline_type handle, syncline_type* parent) {
  return give_type(handle.engine == nullptr ? std::nullopt : type(handle).parent(), parent);
}

bool syncline_type_next(syncline_type handle, syncline_type* sibling) {
  return give_type(handle.engine == nullptr ? std::nullopt : type(handle).next_sibling(), sibling);
}

bool syncline_type_previous(syncline_type handle, syncline_type* sibling) {
  return give_type(handle.engine == nullptr ? std::nullopt : type(handle).previous_sibling(),
                   sibling);
}

syncline_status syncline_type_path(syncline_type handle, syncline_buffer* json,
                                   syncline_error* error) {
  if (json != nullptr) *json = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Type> type = typed<crdt::Type>(handle);
    return type ? give(crdt::to_json(to_any(type->path())), json) : std::unexpected(type.error());
  });
}

syncline_status syncline_type_to_json(syncline_type handle, syncline_buffer* json,
                                      syncline_error* error) {
  if (json != nullptr) *json = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Type> type = typed<crdt::Type>(handle);
    return type ? give(crdt::to_json(type->to_json()), json) : std::unexpected(type.error());
  });
}

std::uint64_t syncline_type_observe(syncline_type handle, syncline_json_fn callback, void* user) {
  if (handle.engine == nullptr || callback == nullptr) return 0;
  return type(handle).observe([=](const crdt::TypeEvent& event) {
    const std::string json = crdt::to_json(to_any(event));
    callback(user, json.c_str(), json.size());
  });
}

std::uint64_t syncline_type_observe_deep(syncline_type handle, syncline_json_fn callback,
                                         void* user) {
  if (handle.engine == nullptr || callback == nullptr) return 0;
  return type(handle).observe_deep([=](const std::vector<crdt::TypeEvent>& events) {
    crdt::Any::Array list;
    for (const crdt::TypeEvent& event : events) list.push_back(to_any(event));
    const std::string json = crdt::to_json(crdt::Any(std::move(list)));
    callback(user, json.c_str(), json.size());
  });
}

// ---- arrays

syncline_status syncline_array_insert(syncline_type array, std::uint32_t index,
                                      const syncline_value* values, std::size_t count,
                                      syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Array> type = typed<crdt::Array>(array);
    if (!type) return std::unexpected(type.error());
    return insert_values(*type, index, values, count);
  });
}

syncline_status syncline_array_push(syncline_type array, const syncline_value* values,
                                    std::size_t count, syncline_error* error) {
  return syncline_array_insert(array, syncline_type_length(array), values, count, error);
}

syncline_status syncline_array_insert_type(syncline_type array, std::uint32_t index,
                                           syncline_kind kind, const char* name,
                                           std::size_t name_size, syncline_type* out,
                                           syncline_error* error) {
  if (out != nullptr) *out = {};
  return run(error, [&] {
    return with_key<crdt::Array>(array, name, name_size, [&](crdt::Array type, auto valid) {
      return give_type(type.insert_type(index, kind_of(kind), valid), out);
    });
  });
}

syncline_status syncline_type_copy_to_index(syncline_type source, syncline_type parent,
                                            std::uint32_t index, syncline_type* copy,
                                            syncline_error* error) {
  if (copy != nullptr) *copy = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Type> target = typed<crdt::Type>(parent);
    if (!target) return std::unexpected(target.error());
    const Result<crdt::TypeCopy> content = copy_of(source);
    if (!content) return std::unexpected(content.error());
    return give_type(target->kind() == crdt::TypeKind::kArray
                         ? content->insert_into(crdt::as<crdt::Array>(*target), index)
                         : content->insert_into(crdt::as<crdt::XmlFragment>(*target), index),
                     copy);
  });
}

syncline_status syncline_type_copy_to_key(syncline_type source, syncline_type map, const char* key,
                                          std::size_t key_size, syncline_type* copy,
                                          syncline_error* error) {
  if (copy != nullptr) *copy = {};
  return run(error, [&] {
    return with_key<crdt::Map>(map, key, key_size, [&](crdt::Map type, auto valid) -> Result<void> {
      const Result<crdt::TypeCopy> content = copy_of(source);
      if (!content) return std::unexpected(content.error());
      return give_type(content->set_in(type, valid), copy);
    });
  });
}

syncline_status syncline_array_erase(syncline_type array, std::uint32_t index, std::uint32_t length,
                                     syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    Result<crdt::Array> type = typed<crdt::Array>(array);
    return type ? type->erase(index, length) : std::unexpected(type.error());
  });
}

syncline_status syncline_array_get(syncline_type array, std::uint32_t index, syncline_value* value,
                                   syncline_error* error) {
  if (value != nullptr) *value = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Array> type = typed<crdt::Array>(array);
    if (!type) return std::unexpected(type.error());
    const std::optional<crdt::Value> found = type->get(index);
    return found ? give(*found, value) : fail(ErrorCode::kNotFound, "beyond the end of the array");
  });
}

// ---- maps

syncline_status syncline_map_set(syncline_type map, const char* key, std::size_t key_size,
                                 const syncline_value* value, syncline_error* error) {
  return run(error, [&] {
    return with_key<crdt::Map>(map, key, key_size, [&](crdt::Map type, auto name) -> Result<void> {
      if (value != nullptr && value->kind == SYNCLINE_VALUE_SUBDOC) {
        const Result<std::string_view> guid = text(value->as.bytes.data, value->as.bytes.size);
        if (!guid) return std::unexpected(guid.error());
        return type.set_subdoc(name, {std::string(*guid), {}});
      }
      const Result<crdt::Any> plain = any(value);
      return plain ? type.set(name, *plain) : std::unexpected(plain.error());
    });
  });
}

syncline_status syncline_map_set_type(syncline_type map, const char* key, std::size_t key_size,
                                      syncline_kind kind, const char* name, std::size_t name_size,
                                      syncline_type* out, syncline_error* error) {
  if (out != nullptr) *out = {};
  return run(error, [&] {
    return with_key<crdt::Map>(map, key, key_size, [&](crdt::Map type, auto valid) -> Result<void> {
      const Result<std::string_view> node = text(name, name_size);
      if (!node) return std::unexpected(node.error());
      return give_type(type.set_type(valid, kind_of(kind), *node), out);
    });
  });
}

syncline_status syncline_map_erase(syncline_type map, const char* key, std::size_t key_size,
                                   syncline_error* error) {
  return run(error, [&] {
    return with_key<crdt::Map>(map, key, key_size,
                               [](crdt::Map type, auto name) { return type.erase(name); });
  });
}

syncline_status syncline_map_clear(syncline_type map, syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    Result<crdt::Map> type = typed<crdt::Map>(map);
    return type ? type->clear() : std::unexpected(type.error());
  });
}

syncline_status syncline_map_get(syncline_type map, const char* key, std::size_t key_size,
                                 syncline_value* value, syncline_error* error) {
  if (value != nullptr) *value = {};
  return run(error, [&] {
    return with_key<crdt::Map>(map, key, key_size, [&](crdt::Map type, auto name) -> Result<void> {
      const std::optional<crdt::Value> found = type.get(name);
      return found ? give(*found, value) : fail(ErrorCode::kNotFound, "no such key");
    });
  });
}

bool syncline_map_has(syncline_type map, const char* key, std::size_t key_size) {
  bool has = false;
  const syncline_status status = run(nullptr, [&] {
    return with_key<crdt::Map>(map, key, key_size, [&](crdt::Map type, auto name) -> Result<void> {
      has = type.has(name);
      return {};
    });
  });
  return status == SYNCLINE_OK && has;
}

syncline_status syncline_map_keys(syncline_type map, syncline_buffer* json, syncline_error* error) {
  if (json != nullptr) *json = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Map> type = typed<crdt::Map>(map);
    if (!type) return std::unexpected(type.error());
    crdt::Any::Array keys;
    for (const std::string& key : type->keys()) keys.emplace_back(key);
    return give(crdt::to_json(crdt::Any(std::move(keys))), json);
  });
}

}  // extern "C"
