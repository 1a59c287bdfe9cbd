// The difference of two texts, as few and small edits as it is worth to look for.
//
// What the texts have in common at both ends is cut off. A short middle is compared character by character, which
// gives a shortest edit; a long one by lines, what differs by words, and a short difference of words by characters.
// No edit begins or ends within a character as people see it: a surrogate pair, a letter with its combining marks,
// an emoji of several parts.
//
// Thread-safety: pure functions and plain values. Both texts must be valid UTF-8.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "diff/sequence_diff.h"

namespace syncline::diff {

// Offsets and counts are UTF-16 units, as in Yjs.
struct TextChange {
  std::size_t at = 0;         // in the old text
  std::size_t erased = 0;     // so many units go
  std::string_view inserted;  // and this comes in their place; a view of the new text

  bool operator==(const TextChange&) const = default;
};

// Ascending, and apart. Empty if the texts are equal.
std::vector<TextChange> text_diff(std::string_view from, std::string_view to, Effort effort = {});

}  // namespace syncline::diff
