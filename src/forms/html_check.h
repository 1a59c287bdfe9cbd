// A look at the tags of HTML before it is parsed. For this room only.
//
// gumbo's costs grow with the square of what is open at once, and it frees frames by recursion. So HTML with tags that no
// mapping has, or with too many that are not closed, is refused before. Without foreign content, templates and raw text, a
// closing tag closes what it says, so counting is enough. What a cell of a table contains is counted by itself: no tag in
// it closes what was open before, and the end of the cell closes all of it.
#pragma once

#include <string_view>

#include "syncline/error.h"

namespace syncline::forms {

// kUnprocessable, with the name of the tag; kTooLarge. Costs: O(text).
Result<void> check_tags(std::string_view html);

}  // namespace syncline::forms
