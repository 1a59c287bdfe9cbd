// Characters as people see them, in UTF-8: a code point with the marks that belong to it.
//
// An approximation of the grapheme clusters of Unicode (UAX 29), which suffices to keep an edit from splitting one:
// combining marks, joiners and what they join, variation selectors, skin tones, flags, Hangul syllables.
#pragma once

#include <cstddef>
#include <string_view>

namespace syncline::diff {

// The number of bytes of the first character of a valid UTF-8 text that is not empty.
std::size_t first_character(std::string_view text);

// True if a character may begin at the byte `at` of the text, whatever stands before it.
bool begins_character(std::string_view text, std::size_t at);

}  // namespace syncline::diff
