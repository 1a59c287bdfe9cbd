// The difference of two values, as a person would tell it: which member or element came, went or
// changed, and which lines of a text.
//
// Elements of arrays and lines of texts are matched by Myers' algorithm ("An O(ND) Difference
// Algorithm and Its Variations", 1986). Beyond kMaxEdits the middle counts as replaced whole.
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
  std::size_t old_line = 0;  // from 1; where the removed lines stood
  std::size_t new_line = 0;
  std::vector<std::string> removed;
  std::vector<std::string> added;
};

struct Difference {
  std::string path;                 // "board.columns[2].title"
  std::optional<crdt::Any> before;  // absent: it came
  std::optional<crdt::Any> after;   // absent: it went
  std::vector<LineChange> lines;    // of texts with several lines
};

std::vector<Difference> difference_of(const crdt::Any& before, const crdt::Any& after);

// Runs in which two sequences differ: elements [old_begin, old_end) were replaced by
// [new_begin, new_end).
struct Run {
  std::size_t old_begin, old_end, new_begin, new_end;
};
std::vector<Run> match(const std::vector<std::string>& before,
                       const std::vector<std::string>& after);

}  // namespace syncline::cli
