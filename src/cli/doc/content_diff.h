// The difference of two values in a form for people: which members or elements were added, removed
// or changed, and which lines of a text.
//
// Myers' algorithm matches elements of arrays and lines of texts ("An O(ND) Difference Algorithm
// and Its Variations", 1986). With more than kMaxEdits edits, the part between the common ends
// counts as replaced.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "syncline/crdt/any.h"

namespace syncline::cli {

inline constexpr std::size_t kMaxEdits = 2000;

struct LineChange {
  std::size_t old_line = 0;  // from 1; the place of the removed lines
  std::size_t new_line = 0;
  std::vector<std::string> removed;
  std::vector<std::string> added;
};

struct Difference {
  std::string path;                 // "board.columns[2].title"
  std::optional<crdt::Any> before;  // absent: it was added
  std::optional<crdt::Any> after;   // absent: it was removed
  std::vector<LineChange> lines;    // for texts with several lines
};

std::vector<Difference> difference_of(const crdt::Any& before, const crdt::Any& after);

// The runs in which two sequences differ: elements [new_begin, new_end) replace elements
// [old_begin, old_end).
struct Run {
  std::size_t old_begin, old_end, new_begin, new_end;
};
std::vector<Run> match(const std::vector<std::string>& before,
                       const std::vector<std::string>& after);

}  // namespace syncline::cli
