// Places in a document by JSON Pointers (merge/edit.h), and what is written there.
//
// A pointer leads through shared maps and arrays, and further through plain values. A plain value is written as a
// whole, whatever place in it is meant. Thread-safety: that of the document. Errors: kConflict if the document has no
// such place now; kInvalid for what can never be one.
#pragma once

#include <vector>

#include "merge/edit.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/type_copy.h"
#include "syncline/error.h"

namespace syncline::merge {

// "/todo/items/3", for messages.
std::string shown_pointer(const Pointer& pointer);

struct TextsThere {
  bool in_xml = false;            // false: the first one is the text at the place itself
  std::vector<crdt::Text> texts;  // each once, in no certain order
};

class DocPlaces {
 public:
  explicit DocPlaces(crdt::Doc& doc) : doc_(doc) {}

  // The value there; for the empty pointer, an object of all roots.
  Result<crdt::Value> get(const Pointer& pointer);
  // The text there. If it is a root that has no content yet, it begins as a text.
  Result<crdt::Text> text(const Pointer& pointer);
  // The same with the texts in it (Lexical nests them), or all texts in the XML there.
  Result<TextsThere> texts(const Pointer& pointer);

  // Adds a member or an element, as "add" of RFC 6902: before the element with that index, "-" for the end, or as a
  // member, which replaces one of that name by the smallest edit.
  Result<void> add(const Pointer& pointer, const crdt::Value& value);
  // Removes what is at `from`, and adds it at `to`.
  Result<void> move(const Pointer& from, const Pointer& to);
  // Makes the place, which must exist unless it is a root, hold the value, by the smallest edit.
  Result<void> replace(const Pointer& pointer, const crdt::Any& value);
  // Removes a member or an element; a root becomes empty.
  Result<void> remove(const Pointer& pointer);

 private:
  // Where the way through shared types ends: at a member of a map, or at an element of an array.
  struct Slot {
    crdt::Type container;
    std::size_t depth = 0;  // of the pointer: the key or index in the container
  };
  // `copy`: of the shared type whose JSON this is; nullptr: it is none.
  Result<void> add(const Pointer& pointer, const crdt::Any& json, const crdt::TypeCopy* copy);
  Result<Slot> slot_of(const Pointer& pointer);
  Result<void> edit_plain(const Slot& slot, const Pointer& pointer, const crdt::Any* value,
                          bool insert);

  crdt::Doc& doc_;
};

}  // namespace syncline::merge
