// The types of schemas and of the validator. They live in an arena and are compared by structure.
//
// Only the strict mode of the language is there: a type is one of these, never a choice of several
// types of entities, and no record is open.
#pragma once

#include <span>
#include <string>

#include "cedar/policy.h"
#include "cedar/text.h"
#include "cedar/value.h"

namespace syncline::cedar {

struct AttributeType;

// A type can use another twice, which uses a third twice, and so on. Larger ones are refused.
inline constexpr std::uint32_t kMaxTypeSize = 100'000;

struct Type {
  enum class Form : std::uint8_t {
    kNever,  // of the elements of a set that has none
    kBool,
    kTrue,  // a bool of which it is known what it is
    kFalse,
    kLong,
    kString,
    kEntity,
    kSet,
    kRecord,
    kExtension,
  };

  Form form = Form::kNever;
  std::uint32_t size = 1;                     // of the type written out
  Kind extension = Kind::kNone;               // kExtension: kDecimal, kDatetime, kDuration or kIp
  const Text* entity = nullptr;               // kEntity: the name of its type
  const Type* element = nullptr;              // kSet
  std::span<const AttributeType> attributes;  // kRecord, in the order of compare() of their names

  bool is(Form other) const { return form == other; }
  bool is_bool() const {
    return form == Form::kBool || form == Form::kTrue || form == Form::kFalse;
  }
};

struct AttributeType {
  const Text* name = nullptr;
  const Type* type = nullptr;
  bool required = true;
};

// Null if the record has no such attribute.
const AttributeType* find_attribute(const Type& record, const Text& name);

bool same(const Type& a, const Type& b);

// Whether each value of type `a` is of type `b`.
bool is_subtype(const Type& a, const Type& b);

// The smallest type of which both are subtypes; null if there is none. The result may be one of them.
const Type* join_types(Arena& arena, const Type& a, const Type& b);

// Whether the value is of the type. Whether entities exist is not asked.
bool has_type(const Value& value, const Type& type);

// The name that the language has for it: `Set<String>`, `{a: Long, b?: User}`. Large types are cut.
std::string to_string(const Type& type);

const Type& bool_type();
const Type& bool_type(bool known);
const Type& long_type();
const Type& string_type();
const Type& never_type();
const Type& extension_type(Kind kind);

}  // namespace syncline::cedar
