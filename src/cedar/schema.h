// Schemas: which types of entities and which actions there are, and what attributes they have.
// https://docs.cedarpolicy.com/schema/schema.html
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cedar/types.h"
#include "syncline/error.h"

namespace syncline::cedar {

struct EntityTypeInfo {
  const Text* name = nullptr;
  const Type* shape = nullptr;  // a record
  const Type* tags = nullptr;   // null if there are none
  bool enumerated = false;      // only the ids of `choices` exist
  std::span<const Text* const> choices;
  std::span<const Text* const> parents;    // types that its entities may be directly in
  std::span<const Text* const> ancestors;  // and indirectly

  // Whether an entity of this type may be in one of that type, or be one.
  bool may_be_in(const Text& type) const;
};

struct ActionInfo {
  const Uid* uid = nullptr;
  std::span<const EntityTypeInfo* const> principals;
  std::span<const EntityTypeInfo* const> resources;
  const Type* context = nullptr;  // a record
  std::span<const Uid* const> parents;
  std::span<const Uid* const> ancestors;

  bool is_in(const Uid& other) const;  // or is it
};

// Immutable; can be read from several threads.
class Schema {
 public:
  // Null if there is none.
  const EntityTypeInfo* find_type(const Text& name) const;
  const ActionInfo* find_action(const Uid& uid) const;

  std::span<const EntityTypeInfo* const> types() const { return types_; }
  std::span<const ActionInfo* const> actions() const { return actions_; }

 private:
  friend class SchemaResolver;

  Schema() : arena_(std::make_unique<Arena>()) {}

  std::unique_ptr<Arena> arena_;
  std::vector<const EntityTypeInfo*> types_;
  std::vector<const ActionInfo*> actions_;
  std::unordered_map<std::string_view, EntityTypeInfo*> by_name_;
  std::unordered_multimap<std::uint64_t, ActionInfo*> by_uid_;
};

// The language of schemas, and their JSON form. Errors are kMalformed or kInvalid, and say where.
Result<Schema> parse_schema(std::string_view source);
Result<Schema> parse_schema_json(std::string_view json);

}  // namespace syncline::cedar
