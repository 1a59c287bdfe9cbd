// "Did you mean …?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace syncline::cli {

// The candidate that `word` is most likely a slip of, or "" if none is near. A slip is a letter
// missing, added, changed or swapped with its neighbour; short words may hold one, longer ones two.
// Where that finds nothing, a candidate that `word` spells out: "ls" for "list".
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

// "; did you mean 'show'?", or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace syncline::cli
