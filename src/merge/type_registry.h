// TypeRegistry: the types of objects that a node knows, by name. It is filled where the node is
// composed, then passed down, and only read.
//
// An unknown type is not damage: its events stay readable, but its objects cannot be served
// (kUnsupported).
//
// Ownership: refers to the types, which must outlive it. Thread-safety: any thread may read.
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

  // Adding two types with the same name is a programming error (an assertion).
  void add(const ObjectType& type);

  // nullptr if this build does not know the type.
  const ObjectType* find(std::string_view name) const;

  // The same, but fails with kUnsupported and a message that names the type.
  Result<const ObjectType*> require(std::string_view name) const;

  // The type of a new object that is opened through a face: the first type with this face, in the
  // order of registration. kUnsupported if there is none.
  Result<const ObjectType*> first_with_face(std::string_view face) const;

  // The first one added: the type of an object that has no events yet and was opened through no face.
  // Snapshots of version 0.1, which name no type, are of it, too. There must be one (an assertion).
  const ObjectType& default_type() const;

  // In the order in which they were added.
  const std::vector<const ObjectType*>& types() const { return types_; }

 private:
  std::vector<const ObjectType*> types_;  // a handful
};

// kUnsupported if objects of this type cannot be opened through this face. The message may be shown
// to the client.
Result<void> check_face(const ObjectType& type, std::string_view face);

}  // namespace syncline::merge
