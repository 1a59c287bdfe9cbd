// TypeCopy: the content of a type, apart from any document, to be put somewhere else: to move an
// item of a list, to duplicate a page, to paste from another document. A shared type stands in one
// place for ever, so moving it means to copy it and to erase the original (Yjs's clone()).
//
//   TypeCopy copy = TypeCopy::of(std::get<Type>(*board.get(3))).value();
//   board.erase(3).value();
//   copy.insert_into(board, 0).value();
//
// A copy holds values, nested types, formats, attributes, and subdocuments by guid; not who wrote
// what, nor anything that was erased. Putting it makes new items, in one transaction, each time
// anew; they are those of Yjs, so far as Yjs copies (it forgets a text's own attributes).
//
// Ownership: a copy refers to no document and outlives the one that it came from; copying the
// handle is cheap. Thread-safety: immutable. Errors: kInvalid for a deleted type, or a target of
// another kind or out of range; kTooLarge beyond kMaxDepth types inside each other, or where the
// target's client has too few ids left. A call that fails changes nothing.
// Costs: O(the content), to make and to put, plus O(log n) to find the place.
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

  // All give the new type.
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
