// "Did you mean …?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace syncline::cli {

// The candidate that the user most likely meant by `word`, or "" if none is near. A typo is a
// letter that is missing, added, changed, or swapped with its neighbour. Short words may contain
// one typo, longer ones two. If this finds nothing, a candidate that `word` abbreviates: "ls" for
// "list".
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

// "; did you mean 'show'?", or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace syncline::cli
