#include "merge/type_registry.h"

#include <algorithm>
#include <string>

#include "base/assert.h"

namespace syncline::merge {
namespace {

bool has_face(const ObjectType& type, std::string_view face) {
  return std::ranges::find(type.faces(), face) != type.faces().end();
}

std::string quoted(std::string_view name) {
  return "'" + std::string(name) + "'";
}

}  // namespace

TypeRegistry::TypeRegistry(std::initializer_list<const ObjectType*> types) {
  for (const ObjectType* type : types) add(*type);
}

void TypeRegistry::add(const ObjectType& type) {
  SYNCLINE_ASSERT(find(type.name()) == nullptr);
  types_.push_back(&type);
}

const ObjectType* TypeRegistry::find(std::string_view name) const {
  const auto found = std::ranges::find(types_, name, &ObjectType::name);
  return found == types_.end() ? nullptr : *found;
}

Result<const ObjectType*> TypeRegistry::require(std::string_view name) const {
  if (const ObjectType* type = find(name)) return type;
  return fail(ErrorCode::kUnsupported, "this server does not know objects of type " + quoted(name));
}

Result<const ObjectType*> TypeRegistry::first_with_face(std::string_view face) const {
  for (const ObjectType* type : types_)
    if (has_face(*type, face)) return type;
  return fail(ErrorCode::kUnsupported, "this server has no objects for " + quoted(face));
}

const ObjectType& TypeRegistry::default_type() const {
  SYNCLINE_ASSERT(!types_.empty());
  return *types_.front();
}

Result<void> check_face(const ObjectType& type, std::string_view face) {
  if (has_face(type, face)) return {};
  return fail(ErrorCode::kUnsupported, "an object of type " + quoted(type.name()) +
                                           " cannot be opened through " + quoted(face));
}

}  // namespace syncline::merge
