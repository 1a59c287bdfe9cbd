// The difference of two texts for people: the lines that differ, word by word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/console.h"

namespace syncline::cli {

// Only lines in which something differs. What is gone stands as [-gone-], what came as {+came+}, and
// in colours if the console shows them. Control characters are escaped.
std::vector<std::string> word_diff(std::string_view before, std::string_view after,
                                   const Console& console);

}  // namespace syncline::cli
