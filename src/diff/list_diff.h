// The difference of two lists whose elements may have an identity, such as objects with an `id`.
//
// An element that has the same identity as before is the same element, also if its content differs: it stays, and its
// content is edited in place. Elements without an identity are the same if their content is equal. What is left over
// between two elements that stay is paired in order, if both sides have as many, and each pair may be edited in place.
//
// Thread-safety: pure functions and plain values.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "diff/sequence_diff.h"

namespace syncline::diff {

struct Element {
  std::string same = {};  // equal for what is the same element: its identity, or its content
  // What it may be turned into without an identity: elements of one shape; "": nothing.
  std::string shape = {};
};

struct ListStep {
  enum Kind : std::uint8_t {
    kStays,   // its content may differ
    kErase,   // the old element goes
    kInsert,  // the new element comes
  };
  Kind kind;
  std::size_t old_at = 0;  // of kInsert: before this old element
  std::size_t new_at = 0;  // of kErase: before this new element

  bool operator==(const ListStep&) const = default;
};

// In order of the lists; where elements are replaced, those that go come first.
std::vector<ListStep> list_diff(std::span<const Element> from, std::span<const Element> to,
                                Effort effort = {});

}  // namespace syncline::diff
