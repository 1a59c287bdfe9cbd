#include "merge/doc_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

#include "crdt/engine.h"
#include "merge/doc_put.h"
#include "merge/doc_roots.h"
#include "syncline/crdt/type_copy.h"

namespace syncline::merge {
namespace {

using crdt::Any;
using crdt::Array;
using crdt::Map;
using crdt::Type;
using crdt::TypeKind;
using crdt::Value;

std::unexpected<Error> nothing_at(const Pointer& pointer, std::size_t depth) {
  const Pointer there(pointer.begin(), pointer.begin() + static_cast<std::ptrdiff_t>(depth) + 1);
  return fail(ErrorCode::kConflict, "there is nothing at " + shown_pointer(there));
}

// RFC 6901: digits without a leading zero. nullopt: no index.
std::optional<std::uint32_t> index_of(const std::string& step) {
  std::uint32_t index = 0;
  if (step.empty() || (step.size() > 1 && step[0] == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc{} || end != step.data() + step.size()) return std::nullopt;
  return index;
}

Result<std::uint32_t> place_in(std::size_t size, const Pointer& pointer, std::size_t depth,
                               bool insert) {
  const std::string& step = pointer[depth];
  if (insert && step == "-") return static_cast<std::uint32_t>(size);
  const auto index = index_of(step);
  if (!index)
    return fail(ErrorCode::kConflict,
                fmt::format("{} is an array, and '{}' is no index of one",
                            shown_pointer({pointer.begin(),
                                           pointer.begin() + static_cast<std::ptrdiff_t>(depth)}),
                            step));
  if (*index > size || (*index == size && !insert)) return nothing_at(pointer, depth);
  return *index;
}

// ---- plain values

const Any* plain_child(const Any& value, const Pointer& pointer, std::size_t depth) {
  if (const auto* array = std::get_if<Any::Array>(&value.value())) {
    const auto index = index_of(pointer[depth]);
    return index && *index < array->size() ? &(*array)[*index] : nullptr;
  }
  return value.find(pointer[depth]);
}

// The plain value with this change at the pointer from `depth` on. `wanted`: nullptr to remove.
Result<Any> with_change(const Any& value, const Pointer& pointer, std::size_t depth,
                        const Any* wanted, bool insert) {
  const bool last = depth + 1 == pointer.size();
  const auto changed = [&](const Any& child) {
    return last ? Result<Any>(*wanted) : with_change(child, pointer, depth + 1, wanted, insert);
  };
  if (const auto* array = std::get_if<Any::Array>(&value.value())) {
    auto index = place_in(array->size(), pointer, depth, last && insert);
    if (!index) return std::unexpected(std::move(index.error()));
    Any::Array made = *array;
    const auto at = made.begin() + *index;
    if (last && wanted == nullptr) {
      made.erase(at);
    } else if (last && insert) {
      made.insert(at, *wanted);
    } else {
      auto child = changed(*at);
      if (!child) return child;
      *at = std::move(*child);
    }
    return Any(std::move(made));
  }
  const auto* object = std::get_if<Any::Object>(&value.value());
  if (object == nullptr) return nothing_at(pointer, depth);
  Any::Object made = *object;
  const auto at = std::ranges::find(made, pointer[depth], &std::pair<std::string, Any>::first);
  if (at == made.end() && !(last && insert)) return nothing_at(pointer, depth);
  if (at == made.end()) {
    made.emplace_back(pointer[depth], *wanted);
  } else if (last && wanted == nullptr) {
    made.erase(at);
  } else {
    auto child = changed(at->second);
    if (!child) return child;
    at->second = std::move(*child);
  }
  return Any(std::move(made));
}

std::optional<Value> child_of(const Type& container, const Pointer& pointer, std::size_t depth) {
  if (container.kind() == TypeKind::kMap) return crdt::as<Map>(container).get(pointer[depth]);
  const auto index = index_of(pointer[depth]);
  return index ? crdt::as<Array>(container).get(*index) : std::nullopt;
}

bool is_text_kind(TypeKind kind) {
  return kind == TypeKind::kText || kind == TypeKind::kXmlText;
}

// The texts in a type, and in the types in it. Without recursion, because types may be nested deep.
void add_texts_below(const Type& top, std::vector<crdt::Text>& found) {
  const crdt::Engine& engine = *top.engine();
  std::vector<crdt::TypeIndex> left{top.index()};
  while (!left.empty()) {
    const crdt::TypeState& type = engine.type(left.back());
    left.pop_back();
    for (crdt::Handle h = type.sequence.first; h != crdt::kNoItem; h = engine.store[h].right) {
      const crdt::Item& item = engine.store[h];
      if (item.visible() == 0 || item.kind() != crdt::BlockKind::kType) continue;
      left.push_back(item.content);
      if (is_text_kind(engine.type(item.content).kind))
        found.push_back(crdt::as<crdt::Text>(Type(top.engine(), item.content)));
    }
  }
}

Any json_of(const Value& value) {
  if (const auto* any = std::get_if<Any>(&value)) return *any;
  if (const auto* type = std::get_if<Type>(&value)) return type->to_json();
  return Any(Any::Object{{"guid", Any(std::get<crdt::Subdoc>(value).guid)}});
}

}  // namespace

std::string shown_pointer(const Pointer& pointer) {
  std::string shown;
  for (const std::string& step : pointer) {
    shown += '/';
    for (const char c : step) {
      if (c == '~' || c == '/')
        shown += c == '~' ? "~0" : "~1";
      else
        shown += c;
    }
  }
  return shown.empty() ? "the whole content" : shown;
}

// The pointer has a root and at least one step more.
Result<DocPlaces::Slot> DocPlaces::slot_of(const Pointer& pointer) {
  const auto kind = root_kind(doc_, pointer[0]);
  if (!kind) return nothing_at(pointer, 0);
  Slot slot{named_root(doc_, pointer[0], *kind), 1};
  for (;; ++slot.depth) {
    const TypeKind here = slot.container.kind();
    if (here != TypeKind::kMap && here != TypeKind::kArray)
      return fail(
          ErrorCode::kConflict,
          fmt::format("{} is {}, and has no members",
                      shown_pointer({pointer.begin(),
                                     pointer.begin() + static_cast<std::ptrdiff_t>(slot.depth)}),
                      shown_name(here)));
    if (slot.depth + 1 == pointer.size()) return slot;
    const auto child = child_of(slot.container, pointer, slot.depth);
    if (!child) return nothing_at(pointer, slot.depth);
    const auto* type = std::get_if<Type>(&*child);
    if (type == nullptr) return slot;
    slot.container = *type;
  }
}

Result<Value> DocPlaces::get(const Pointer& pointer) {
  if (pointer.empty()) return Value(doc_.to_json());
  if (pointer.size() == 1) {
    const auto kind = root_kind(doc_, pointer[0]);
    if (!kind) return nothing_at(pointer, 0);
    return Value(named_root(doc_, pointer[0], *kind));
  }
  const auto slot = slot_of(pointer);
  if (!slot) return std::unexpected(slot.error());
  auto value = child_of(slot->container, pointer, slot->depth);
  if (!value) return nothing_at(pointer, slot->depth);
  if (slot->depth + 1 == pointer.size()) return *value;
  const auto* inside = std::get_if<Any>(&*value);
  for (std::size_t depth = slot->depth + 1; depth < pointer.size(); ++depth) {
    inside = inside == nullptr ? nullptr : plain_child(*inside, pointer, depth);
    if (inside == nullptr) return nothing_at(pointer, depth);
  }
  return Value(*inside);
}

Result<crdt::Text> DocPlaces::text(const Pointer& pointer) {
  if (pointer.size() == 1 && !root_kind(doc_, pointer[0])) return doc_.text(pointer[0]);
  auto value = get(pointer);
  if (!value) return std::unexpected(std::move(value.error()));
  const auto* type = std::get_if<Type>(&*value);
  if (type != nullptr && is_text_kind(type->kind())) return crdt::as<crdt::Text>(*type);
  return fail(ErrorCode::kConflict,
              fmt::format("{} is {}, and no text", shown_pointer(pointer),
                          type == nullptr ? "a plain value" : shown_name(type->kind())));
}

Result<TextsThere> DocPlaces::texts(const Pointer& pointer) {
  TextsThere there;
  const auto value = get(pointer);
  const auto* type = value ? std::get_if<Type>(&*value) : nullptr;
  there.in_xml = type != nullptr &&
                 (type->kind() == TypeKind::kXmlFragment || type->kind() == TypeKind::kXmlElement);
  if (there.in_xml) {
    add_texts_below(*type, there.texts);
    return there;
  }
  auto whole = text(pointer);
  if (!whole) return std::unexpected(std::move(whole.error()));
  there.texts.push_back(*whole);
  add_texts_below(*whole, there.texts);
  return there;
}

Result<void> DocPlaces::edit_plain(const Slot& slot, const Pointer& pointer, const Any* value,
                                   bool insert) {
  const auto present = child_of(slot.container, pointer, slot.depth);
  const auto* plain = present ? std::get_if<Any>(&*present) : nullptr;
  if (plain == nullptr) return nothing_at(pointer, slot.depth);
  auto made = with_change(*plain, pointer, slot.depth + 1, value, insert);
  if (!made) return std::unexpected(std::move(made.error()));
  if (slot.container.kind() == TypeKind::kMap)
    return put_key(crdt::as<Map>(slot.container), pointer[slot.depth], *made);
  return put_index(crdt::as<Array>(slot.container), *index_of(pointer[slot.depth]), *made);
}

Result<void> DocPlaces::add(const Pointer& pointer, const Value& value) {
  const auto* type = std::get_if<Type>(&value);
  if (type == nullptr) return add(pointer, json_of(value), nullptr);
  const auto copy = crdt::TypeCopy::of(*type);
  if (!copy) return std::unexpected(copy.error());
  return add(pointer, type->to_json(), &*copy);
}

// A shared type that is removed is empty, so it is copied before.
Result<void> DocPlaces::move(const Pointer& from, const Pointer& to) {
  const auto value = get(from);
  if (!value) return std::unexpected(value.error());
  const Any json = json_of(*value);
  std::optional<crdt::TypeCopy> copy;
  if (const auto* type = std::get_if<Type>(&*value)) {
    auto made = crdt::TypeCopy::of(*type);
    if (!made) return std::unexpected(std::move(made.error()));
    copy = std::move(*made);
  }
  if (auto removed = remove(from); !removed) return removed;
  return add(to, json, copy ? &*copy : nullptr);
}

Result<void> DocPlaces::add(const Pointer& pointer, const Any& json, const crdt::TypeCopy* copy) {
  if (pointer.empty()) return put_roots(doc_, json);
  if (pointer.size() == 1) return put_root(doc_, pointer[0], json);
  if (!root_kind(doc_, pointer[0])) (void)doc_.map(pointer[0]);  // a member makes it one
  const auto slot = slot_of(pointer);
  if (!slot) return std::unexpected(slot.error());
  if (slot->depth + 1 < pointer.size()) return edit_plain(*slot, pointer, &json, true);
  const auto done = [](const Result<Type>& made) {
    return made ? Result<void>() : std::unexpected(made.error());
  };
  if (slot->container.kind() == TypeKind::kMap) {
    const auto map = crdt::as<Map>(slot->container);
    return copy != nullptr ? done(copy->set_in(map, pointer.back()))
                           : put_key(map, pointer.back(), json);
  }
  const auto array = crdt::as<Array>(slot->container);
  const auto index = place_in(array.length(), pointer, slot->depth, true);
  if (!index) return std::unexpected(index.error());
  return copy != nullptr ? done(copy->insert_into(array, *index))
                         : insert_index(array, *index, json);
}

Result<void> DocPlaces::replace(const Pointer& pointer, const Any& value) {
  if (pointer.empty()) return put_roots(doc_, value);
  if (pointer.size() == 1) return put_root(doc_, pointer[0], value);
  const auto slot = slot_of(pointer);
  if (!slot) return std::unexpected(slot.error());
  if (slot->depth + 1 < pointer.size()) return edit_plain(*slot, pointer, &value, false);
  if (!child_of(slot->container, pointer, slot->depth)) return nothing_at(pointer, slot->depth);
  if (slot->container.kind() == TypeKind::kMap)
    return put_key(crdt::as<Map>(slot->container), pointer.back(), value);
  return put_index(crdt::as<Array>(slot->container), *index_of(pointer.back()), value);
}

Result<void> DocPlaces::remove(const Pointer& pointer) {
  if (pointer.empty()) return put_roots(doc_, Any(Any::Object{}));
  if (pointer.size() == 1)
    return root_kind(doc_, pointer[0]) ? clear_root(doc_, pointer[0]) : nothing_at(pointer, 0);
  const auto slot = slot_of(pointer);
  if (!slot) return std::unexpected(slot.error());
  if (slot->depth + 1 < pointer.size()) return edit_plain(*slot, pointer, nullptr, false);
  if (!child_of(slot->container, pointer, slot->depth)) return nothing_at(pointer, slot->depth);
  if (slot->container.kind() == TypeKind::kMap)
    return crdt::as<Map>(slot->container).erase(pointer.back());
  return crdt::as<Array>(slot->container).erase(*index_of(pointer.back()));
}

}  // namespace syncline::merge
