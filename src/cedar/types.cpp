#include "cedar/types.h"

#include <algorithm>
#include <vector>

namespace syncline::cedar {

namespace {

using Form = Type::Form;

constexpr Type kBoolType{.form = Form::kBool};
constexpr Type kTrueType{.form = Form::kTrue};
constexpr Type kFalseType{.form = Form::kFalse};
constexpr Type kLongType{.form = Form::kLong};
constexpr Type kStringType{.form = Form::kString};
constexpr Type kNeverType{};
constexpr Type kDecimalType{.form = Form::kExtension, .extension = Kind::kDecimal};
constexpr Type kDatetimeType{.form = Form::kExtension, .extension = Kind::kDatetime};
constexpr Type kDurationType{.form = Form::kExtension, .extension = Kind::kDuration};
constexpr Type kIpType{.form = Form::kExtension, .extension = Kind::kIp};

template <typename Related>
bool all_attributes(const Type& a, const Type& b, Related related) {
  return std::ranges::equal(
      a.attributes, b.attributes, [&](const AttributeType& x, const AttributeType& y) {
        return same(*x.name, *y.name) && x.required == y.required && related(*x.type, *y.type);
      });
}

const Type* join_records(Arena& arena, const Type& a, const Type& b) {
  if (a.attributes.size() != b.attributes.size()) return nullptr;
  std::vector<AttributeType> joined;
  for (std::size_t i = 0; i < a.attributes.size(); ++i) {
    const AttributeType& x = a.attributes[i];
    const AttributeType& y = b.attributes[i];
    if (!same(*x.name, *y.name) || x.required != y.required) return nullptr;
    const Type* type = join_types(arena, *x.type, *y.type);
    if (type == nullptr) return nullptr;
    joined.push_back({x.name, type, x.required});
  }
  return arena.make<Type>(Type{.form = Form::kRecord, .attributes = arena.copy(joined)});
}

bool record_has_type(const Record& record, const Type& type) {
  for (const Field& field : record.fields) {
    const AttributeType* attribute = find_attribute(type, *field.key);
    if (attribute == nullptr || !has_type(field.value, *attribute->type)) return false;
  }
  return std::ranges::all_of(type.attributes, [&](const AttributeType& each) {
    return !each.required || record.find(*each.name) != nullptr;
  });
}

}  // namespace

const AttributeType* find_attribute(const Type& record, const Text& name) {
  const auto at = std::ranges::lower_bound(
      record.attributes, name, [](const Text& a, const Text& b) { return compare(a, b) < 0; },
      [](const AttributeType& each) -> const Text& { return *each.name; });
  return at != record.attributes.end() && same(*at->name, name) ? &*at : nullptr;
}

bool same(const Type& a, const Type& b) {
  if (&a == &b) return true;
  if (a.form != b.form || a.extension != b.extension) return false;
  switch (a.form) {
    case Form::kEntity: return same(*a.entity, *b.entity);
    case Form::kSet: return same(*a.element, *b.element);
    case Form::kRecord:
      return all_attributes(a, b, [](const Type& x, const Type& y) { return same(x, y); });
    default: return true;
  }
}

bool is_subtype(const Type& a, const Type& b) {
  if (a.is(Form::kNever)) return true;
  if (a.is_bool() && b.is(Form::kBool)) return true;
  if (a.form != b.form) return false;
  switch (a.form) {
    case Form::kSet: return is_subtype(*a.element, *b.element);
    case Form::kRecord:
      return all_attributes(a, b, [](const Type& x, const Type& y) { return is_subtype(x, y); });
    default: return same(a, b);
  }
}

const Type* join_types(Arena& arena, const Type& a, const Type& b) {
  if (is_subtype(a, b)) return &b;
  if (is_subtype(b, a)) return &a;
  if (a.is_bool() && b.is_bool()) return &kBoolType;
  if (a.is(Form::kSet) && b.is(Form::kSet)) {
    const Type* element = join_types(arena, *a.element, *b.element);
    if (element == nullptr) return nullptr;
    return arena.make<Type>(Type{.form = Form::kSet, .element = element});
  }
  if (a.is(Form::kRecord) && b.is(Form::kRecord)) return join_records(arena, a, b);
  return nullptr;
}

bool has_type(const Value& value, const Type& type) {
  switch (type.form) {
    case Form::kNever: return false;
    case Form::kBool: return value.is(Kind::kBool);
    case Form::kTrue: return value.is(Kind::kBool) && value.flag();
    case Form::kFalse: return value.is(Kind::kBool) && !value.flag();
    case Form::kLong: return value.is(Kind::kLong);
    case Form::kString: return value.is(Kind::kString);
    case Form::kExtension: return value.is(type.extension);
    case Form::kEntity: return value.is(Kind::kEntity) && same(*value.uid().type, *type.entity);
    case Form::kSet:
      return value.is(Kind::kSet) &&
             std::ranges::all_of(value.set().elements,
                                 [&](const Value& each) { return has_type(each, *type.element); });
    case Form::kRecord: return value.is(Kind::kRecord) && record_has_type(value.record(), type);
  }
  return false;
}

namespace {

constexpr std::uint32_t kMaxShownType = 100;

}  // namespace

std::string to_string(const Type& type) {
  switch (type.form) {
    case Form::kNever: return "__cedar::internal::Never";
    case Form::kBool:
    case Form::kTrue:
    case Form::kFalse: return "Bool";
    case Form::kLong: return "Long";
    case Form::kString: return "String";
    case Form::kExtension: return std::string(to_string(type.extension));
    case Form::kEntity: return std::string(type.entity->view());
    case Form::kSet: return "Set<" + to_string(*type.element) + ">";
    case Form::kRecord: break;
  }
  if (type.size > kMaxShownType) return "{…}";
  std::vector<std::string> attributes;
  for (const AttributeType& each : type.attributes) {
    std::string text;
    append_quoted(text, each.name->view());
    attributes.push_back(text + (each.required ? ": " : "?: ") + to_string(*each.type));
  }
  std::ranges::sort(attributes);
  std::string out = "{";
  for (const std::string& each : attributes) out += (out.size() > 1 ? ", " : "") + each;
  return out + "}";
}

const Type& bool_type() {
  return kBoolType;
}

const Type& bool_type(bool known) {
  return known ? kTrueType : kFalseType;
}

const Type& long_type() {
  return kLongType;
}

const Type& string_type() {
  return kStringType;
}

const Type& never_type() {
  return kNeverType;
}

const Type& extension_type(Kind kind) {
  switch (kind) {
    case Kind::kDecimal: return kDecimalType;
    case Kind::kDatetime: return kDatetimeType;
    case Kind::kDuration: return kDurationType;
    default: return kIpType;
  }
}

}  // namespace syncline::cedar
