// The difference of two sequences: which elements go, and which come.
//
// Elements are numbers that stand for what they are (Tokens below): equal numbers, equal elements. The
// difference is a shortest one while it is found within the effort, which is always so if both sequences have at
// most Effort::edits elements together. Above that it may be longer than needed, and is still right.
//
// Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), in linear space. Elements that only one
// side has are left out first, which changes no result. Costs: O((n + m) * edits) time at most, O(n + m) memory.
// Thread-safety: pure functions and plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace syncline::diff {

// A run of the old sequence that a run of the new one replaces; one of them may be empty.
struct Change {
  std::size_t old_at = 0;
  std::size_t old_count = 0;
  std::size_t new_at = 0;
  std::size_t new_count = 0;

  bool operator==(const Change&) const = default;
};

struct Effort {
  // The search for one split of the sequences ends after so many edits from each side, and takes the best split so far.
  std::size_t edits = 256;
  // Looks at elements, of all splits together. What is left is then replaced as a whole.
  std::uint64_t steps = std::uint64_t{1} << 24;
};

using Token = std::uint32_t;

// Ascending; between two changes there is at least one element that stays.
std::vector<Change> sequence_diff(std::span<const Token> from, std::span<const Token> to,
                                  Effort effort = {});

// Gives equal texts equal numbers. The texts must outlive it.
class Tokens {
 public:
  Token of(std::string_view text) {
    return numbers_.try_emplace(text, static_cast<Token>(numbers_.size())).first->second;
  }

 private:
  std::unordered_map<std::string_view, Token> numbers_;
};

}  // namespace syncline::diff
