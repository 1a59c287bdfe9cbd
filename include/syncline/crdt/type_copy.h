// TypeCopy: a copy of the content of a type, independent of any document. With it an application
// moves an item of a list, duplicates a page, or pastes from another document. A shared type cannot
// change its place, so to move it means to copy it and to erase the original (Yjs's clone()).
//
//   TypeCopy copy = TypeCopy::of(std::get<Type>(*board.get(3))).value();
//   board.erase(3).value();
//   copy.insert_into(board, 0).value();
//
// A copy contains values, nested types, formats, attributes, and the guids of subdocuments. It does
// not contain authorship or deleted content. Each insertion creates new items, in one transaction.
// They equal those of Yjs in everything that Yjs copies (Yjs omits the attributes of a text
// itself).
//
// Ownership: a copy refers to no document, so it may outlive its source; to copy the handle is
// cheap. Thread-safety: immutable. Errors: kInvalid for a deleted type, and for a target of the
// wrong kind or an index out of range; kTooLarge if types are nested deeper than kMaxDepth, or if
// the client of the target has too few clocks left. A failed call changes nothing. Costs:
// O(content) to copy and to insert, plus O(log n) to find the place.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "syncline/crdt/types.h"
#include "syncline/error.h"

namespace syncline::crdt {

class TypeCopy {
 public:
  static constexpr int kMaxDepth = 200;

  static Result<TypeCopy> of(const Type& type);

  TypeKind kind() const;

  // All of these return the new type.
  Result<Type> insert_into(Array target, std::uint32_t index) const;
  Result<Type> insert_into(XmlFragment target, std::uint32_t index) const;
  Result<Type> set_in(Map target, std::string_view key) const;

 private:
  struct Node;
  class Reader;
  class Writer;

  explicit TypeCopy(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  template <typename Make>
  Result<Type> put(Engine& engine, const Make& make) const;

  std::shared_ptr<const Node> root_;
};

}  // namespace syncline::crdt
