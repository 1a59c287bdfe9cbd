// The types of objects that a node knows, by name. Filled where the node is composed, then passed down
// and only read.
//
// A type that is not in it is not an error of the data: its events stay readable, its objects are not
// servable (kUnsupported).
//
// Ownership: it refers to the types, which must outlive it. Thread-safety: reading, from any thread.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "merge/object.h"
#include "syncline/error.h"

namespace syncline::merge {

class TypeRegistry {
 public:
  TypeRegistry() = default;
  TypeRegistry(std::initializer_list<const ObjectType*> types);

  // Two types of one name are a mistake of the program (an assertion).
  void add(const ObjectType& type);

  // nullptr: this build does not know it.
  const ObjectType* find(std::string_view name) const;

  // The same with kUnsupported, and a message that names the type.
  Result<const ObjectType*> require(std::string_view name) const;

  // The type of an object that begins when it is opened through a face: the first one added that has
  // it. kUnsupported: none has.
  Result<const ObjectType*> first_with_face(std::string_view face) const;

  // In the order in which they were added.
  const std::vector<const ObjectType*>& types() const { return types_; }

 private:
  std::vector<const ObjectType*> types_;  // a handful
};

// kUnsupported, with a message that may be shown to the client: objects of this type cannot be opened
// through that face.
Result<void> check_face(const ObjectType& type, std::string_view face);

}  // namespace syncline::merge
