// UTF-8 text as JavaScript counts it: in UTF-16 units.
//
// All text is held as valid UTF-8, checked once where it enters. Positions and lengths in Yjs are
// in UTF-16 units: characters above U+FFFF count two. Lone surrogates cannot be held: they become
// U+FFFD, as JavaScript's own encoder does it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncline {

// U+FFFD, what stands for half a character.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

// No overlong forms, surrogates or code points above U+10FFFF.
bool is_valid_utf8(std::string_view text);

// Checks and counts in one pass. False: not valid, `units` undefined.
bool measure_utf8(std::string_view text, std::size_t& units);

// UTF-16 units of valid UTF-8.
std::size_t utf16_length(std::string_view text);

bool is_ascii(std::string_view text);

// Byte offset of UTF-16 unit `units` in valid UTF-8; text.size() when it has no more than that. If
// the place lies within a surrogate pair, `inside_pair` is set and the offset is where the
// character begins.
std::size_t utf16_offset(std::string_view text, std::size_t units, bool& inside_pair);

// The same for the place `units` before the end; 0 when there are no more. Costs what lies behind it.
std::size_t utf16_offset_from_end(std::string_view text, std::size_t units, bool& inside_pair);

// Appends a code point; surrogates and values out of range as U+FFFD.
void append_utf8(std::string& text, std::uint32_t code_point);

}  // namespace syncline
