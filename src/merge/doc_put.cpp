#include "merge/doc_put.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "diff/list_diff.h"
#include "merge/doc_roots.h"
#include "merge/doc_text.h"

namespace syncline::merge {
namespace {

using crdt::Any;
using crdt::Array;
using crdt::Map;
using crdt::Text;
using crdt::Type;
using crdt::TypeKind;
using crdt::Value;

const Any::Object* object_in(const Any& value) {
  return std::get_if<Any::Object>(&value.value());
}
const Any::Array* array_in(const Any& value) {
  return std::get_if<Any::Array>(&value.value());
}
bool is_composite(const Any& value) {
  return object_in(value) != nullptr || array_in(value) != nullptr;
}

Any sorted(const Any& value) {
  if (const auto* object = object_in(value)) {
    // Keys that look like integers come first in an object, whatever their order: a list has none.
    std::vector<std::pair<std::string, const Any*>> members;
    for (const auto& [key, member] : *object)
      if (!member.is_undefined()) members.emplace_back(key, &member);
    std::ranges::sort(members);
    Any::Object made;
    for (const auto& [key, member] : members) made.emplace_back(key, sorted(*member));
    return made;
  }
  if (const auto* array = array_in(value)) {
    Any::Array made;
    for (const Any& element : *array) made.push_back(sorted(element));
    return made;
  }
  return value;
}

// ---- what comes in new

enum class Nested : bool { kShared, kPlain };

Result<void> fill_map(Map map, const Any::Object& members);
Result<void> fill_array(Array array, std::uint32_t at, std::span<const Any> elements,
                        Nested nested);

Result<void> set_new(Map map, const std::string& key, const Any& value, Nested nested) {
  if (nested == Nested::kPlain || !is_composite(value)) return map.set(key, value);
  const auto* members = object_in(value);
  auto made = map.set_type(key, members != nullptr ? TypeKind::kMap : TypeKind::kArray);
  if (!made) return std::unexpected(std::move(made.error()));
  return members != nullptr
             ? fill_map(crdt::as<Map>(*made), *members)
             : fill_array(crdt::as<Array>(*made), 0, *array_in(value), Nested::kShared);
}

Result<void> fill_map(Map map, const Any::Object& members) {
  for (const auto& [key, value] : members)
    if (auto done = set_new(map, key, value, Nested::kShared); !done) return done;
  return {};
}

Result<void> insert_shared(Array array, std::uint32_t at, const Any& value) {
  const auto* members = object_in(value);
  auto made = array.insert_type(at, members != nullptr ? TypeKind::kMap : TypeKind::kArray);
  if (!made) return std::unexpected(std::move(made.error()));
  return members != nullptr
             ? fill_map(crdt::as<Map>(*made), *members)
             : fill_array(crdt::as<Array>(*made), 0, *array_in(value), Nested::kShared);
}

Result<void> fill_array(Array array, std::uint32_t at, std::span<const Any> elements,
                        Nested nested) {
  std::vector<Any> plain;  // in a row
  const auto insert_plain = [&]() -> Result<void> {
    if (plain.empty()) return {};
    auto done = array.insert(at, plain);
    at += static_cast<std::uint32_t>(plain.size());
    plain.clear();
    return done;
  };
  for (const Any& element : elements) {
    if (nested == Nested::kPlain || !is_composite(element)) {
      plain.push_back(element);
      continue;
    }
    if (auto done = insert_plain(); !done) return done;
    if (auto done = insert_shared(array, at++, element); !done) return done;
  }
  return insert_plain();
}

Nested nested_in(const std::vector<Value>& values) {
  bool plain = false;
  for (const Value& value : values) {
    const auto* any = std::get_if<Any>(&value);
    if (any == nullptr) return Nested::kShared;
    plain = plain || is_composite(*any);
  }
  return plain ? Nested::kPlain : Nested::kShared;
}

// ---- what is there

// What an object of a list is known by; "" if it has nothing of the kind.
template <typename Member>
std::string identity(const Member& member) {
  for (const char* name : {"id", "key", "_id"}) {
    const std::optional<Any> value = member(name);
    if (!value) continue;
    if (std::holds_alternative<std::string>(value->value()) ||
        std::holds_alternative<double>(value->value()))
      return std::string("#") + name + canonical_json(*value);
  }
  return {};
}

diff::Element element_of(const Any& value) {
  diff::Element element;
  if (object_in(value) != nullptr) {
    element.same = identity([&](const char* name) -> std::optional<Any> {
      const Any* found = value.find(name);
      return found != nullptr ? std::optional(*found) : std::nullopt;
    });
    if (element.same.empty()) element.shape = "map";
  } else if (array_in(value) != nullptr) {
    element.shape = "array";
  } else if (std::holds_alternative<std::string>(value.value())) {
    element.shape = "text";
  }
  if (element.same.empty()) element.same = canonical_json(value);
  return element;
}

diff::Element element_of(const Value& value) {
  const auto* type = std::get_if<Type>(&value);
  if (type == nullptr) {
    diff::Element element = std::holds_alternative<Any>(value)
                                ? element_of(std::get<Any>(value))
                                : diff::Element{canonical_json(value)};
    element.shape.clear();  // a plain value is replaced as a whole
    return element;
  }
  diff::Element element = element_of(type->to_json());
  if (type->kind() != TypeKind::kMap && type->kind() != TypeKind::kArray &&
      type->kind() != TypeKind::kText)
    return {"xml" + canonical_json(value)};
  return element;
}

Result<void> put_elements(Array array, const Any::Array& wanted) {
  const std::vector<Value> present = array.values();
  std::vector<diff::Element> from;
  std::vector<diff::Element> to;
  for (const Value& value : present) from.push_back(element_of(value));
  for (const Any& value : wanted) to.push_back(element_of(value));
  const Nested nested = nested_in(present);
  const auto steps = diff::list_diff(from, to);
  // Behind `at`, the array is as it was.
  std::uint32_t at = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const diff::ListStep& step = steps[i];
    if (step.kind == diff::ListStep::kStays) {
      if (auto done = put_index(array, at++, wanted[step.new_at]); !done) return done;
      continue;
    }
    std::size_t run = 1;  // steps of the same kind in a row
    while (i + run < steps.size() && steps[i + run].kind == step.kind) ++run;
    i += run - 1;
    auto done = step.kind == diff::ListStep::kErase
                    ? array.erase(at, static_cast<std::uint32_t>(run))
                    : fill_array(array, at, std::span(wanted).subspan(step.new_at, run), nested);
    if (!done) return done;
    if (step.kind == diff::ListStep::kInsert) at += static_cast<std::uint32_t>(run);
  }
  return {};
}

Result<void> put_members(Map map, const Any::Object& wanted) {
  std::unordered_set<std::string_view> kept;
  for (const auto& [key, value] : wanted) kept.insert(key);
  for (const std::string& key : map.keys()) {
    if (kept.contains(key)) continue;
    if (auto done = map.erase(key); !done) return done;
  }
  for (const auto& [key, value] : wanted)
    if (auto done = put_key(map, key, value); !done) return done;
  return {};
}

// Edits the type in place. nullopt: a value of this kind cannot be made of it.
std::optional<Result<void>> put_into(const Type& type, const Any& value) {
  const TypeKind kind = type.kind();
  if (const auto* members = object_in(value); members != nullptr && kind == TypeKind::kMap)
    return put_members(crdt::as<Map>(type), *members);
  if (const auto* elements = array_in(value); elements != nullptr && kind == TypeKind::kArray)
    return put_elements(crdt::as<Array>(type), *elements);
  const auto* text = std::get_if<std::string>(&value.value());
  if (text != nullptr && kind == TypeKind::kText) return put_text(crdt::as<Text>(type), *text);
  return std::nullopt;
}

bool is_xml_or_subdoc(const Value& value) {
  if (std::holds_alternative<crdt::Subdoc>(value)) return true;
  const auto* type = std::get_if<Type>(&value);
  return type != nullptr && type->kind() != TypeKind::kMap && type->kind() != TypeKind::kArray &&
         type->kind() != TypeKind::kText;
}

// Edits the present value in place if that is possible. nullopt: it must be replaced.
std::optional<Result<void>> put_in_place(const Value& present, const Any& value) {
  if (const auto* type = std::get_if<Type>(&present))
    if (auto put = put_into(*type, value)) return put;
  if (canonical_json(present) == canonical_json(value)) return Result<void>();
  if (is_xml_or_subdoc(present))
    return fail(ErrorCode::kConflict, "XML and subdocuments cannot be edited as JSON");
  return std::nullopt;
}

Nested nested_instead_of(const Value& present) {
  const auto* plain = std::get_if<Any>(&present);
  return plain != nullptr && is_composite(*plain) ? Nested::kPlain : Nested::kShared;
}

}  // namespace

std::string canonical_json(const Any& value) {
  return crdt::to_json(sorted(value));
}

std::string canonical_json(const Value& value) {
  if (const auto* any = std::get_if<Any>(&value)) return canonical_json(*any);
  if (const auto* type = std::get_if<Type>(&value)) return canonical_json(type->to_json());
  return canonical_json(Any(Any::Object{{"guid", Any(std::get<crdt::Subdoc>(value).guid)}}));
}

Result<void> put_key(Map map, const std::string& key, const Any& value) {
  const auto present = map.get(key);
  if (!present) return set_new(map, key, value, Nested::kShared);
  if (auto put = put_in_place(*present, value)) return *put;
  return set_new(map, key, value, nested_instead_of(*present));
}

Result<void> put_index(Array array, std::uint32_t index, const Any& value) {
  const auto present = array.get(index);
  if (!present) return fail(ErrorCode::kConflict, "beyond the end of the array");
  if (auto put = put_in_place(*present, value)) return *put;
  if (auto done = array.erase(index); !done) return done;
  return fill_array(array, index, std::span(&value, 1), nested_instead_of(*present));
}

Result<void> insert_index(Array array, std::uint32_t index, const Any& value) {
  if (index > array.length()) return fail(ErrorCode::kConflict, "beyond the end of the array");
  return fill_array(array, index, std::span(&value, 1),
                    is_composite(value) ? nested_in(array.values()) : Nested::kShared);
}

Result<void> clear_root(crdt::Doc& doc, std::string_view name) {
  const auto kind = root_kind(doc, name);
  if (!kind) return {};
  const Type root = named_root(doc, name, *kind);
  switch (*kind) {
    case TypeKind::kMap: return crdt::as<Map>(root).clear();
    case TypeKind::kText:
    case TypeKind::kXmlText: return crdt::as<Text>(root).erase(0, root.length());
    case TypeKind::kXmlElement:
    case TypeKind::kXmlFragment: return crdt::as<crdt::XmlFragment>(root).erase(0, root.length());
    default: return crdt::as<Array>(root).erase(0, root.length());
  }
}

Result<void> put_root(crdt::Doc& doc, std::string_view name, const Any& value) {
  const TypeKind wanted = object_in(value) != nullptr  ? TypeKind::kMap
                          : array_in(value) != nullptr ? TypeKind::kArray
                                                       : TypeKind::kText;
  if (wanted == TypeKind::kText && !std::holds_alternative<std::string>(value.value()))
    return fail(ErrorCode::kInvalid,
                fmt::format("the root '{}' must be an object, an array or a text", name));
  const TypeKind kind = root_kind(doc, name).value_or(wanted);
  const Type root = named_root(doc, name, kind);
  if (auto put = put_in_place(root, value)) return *put;
  return fail(ErrorCode::kConflict, fmt::format("the root '{}' is {}, and does not become {}", name,
                                                shown_name(kind), shown_name(wanted)));
}

Result<void> put_roots(crdt::Doc& doc, const Any& value) {
  const auto* roots = object_in(value);
  if (roots == nullptr)
    return fail(ErrorCode::kInvalid, "the content of a document is an object of its root types");
  std::unordered_set<std::string_view> kept;
  for (const auto& [name, each] : *roots) kept.insert(name);
  std::vector<std::string> present;
  for (const Type& root : doc.roots()) present.push_back(root.path().root);
  for (const std::string& name : present) {
    if (kept.contains(name)) continue;
    if (auto done = clear_root(doc, name); !done) return done;
  }
  for (const auto& [name, each] : *roots)
    if (auto done = put_root(doc, name, each); !done) return done;
  return {};
}

}  // namespace syncline::merge
