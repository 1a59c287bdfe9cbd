// UTF-8 text, measured in UTF-16 units as JavaScript counts them.
//
// All text is kept as valid UTF-8 and is checked once, where it enters. Positions and lengths in
// Yjs are UTF-16 units: a character above U+FFFF counts two. UTF-8 cannot hold a lone surrogate; it
// becomes U+FFFD, as in JavaScript's own encoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncline {

// U+FFFD. It replaces half of a surrogate pair.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

// Refuses overlong forms, surrogates, and code points above U+10FFFF.
bool is_valid_utf8(std::string_view text);

// Validates and counts in one pass. If the result is false, `units` is undefined.
bool measure_utf8(std::string_view text, std::size_t& units);

// The number of UTF-16 units in valid UTF-8.
std::size_t utf16_length(std::string_view text);

bool is_ascii(std::string_view text);

// The byte offset of UTF-16 unit number `units` in valid UTF-8; text.size() if the text is not
// longer. If this position is inside a surrogate pair, sets `inside_pair` and returns the offset of
// the beginning of the character.
std::size_t utf16_offset(std::string_view text, std::size_t units, bool& inside_pair);

// The same, counted back from the end; 0 if the text is not longer. The cost depends only on
// `units`.
std::size_t utf16_offset_from_end(std::string_view text, std::size_t units, bool& inside_pair);

// The units from `from` to `to`, cut to what is there. Half a pair at an end becomes U+FFFD.
std::string utf16_slice(std::string_view text, std::uint64_t from, std::uint64_t to);

// Appends a code point. Surrogates and values out of range become U+FFFD.
void append_utf8(std::string& text, std::uint32_t code_point);

}  // namespace syncline
