#include "base/utf8.h"

#include <cstring>

namespace syncline {

namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080;
constexpr std::uint64_t kLowBits = 0x0101010101010101;
constexpr std::size_t kWord = sizeof(std::uint64_t);

std::uint64_t load_word(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, kWord);
  return word;
}

// The first byte that is not ASCII, or `end`.
const char* skip_ascii(const char* at, const char* end) {
  while (static_cast<std::size_t>(end - at) >= kWord && (load_word(at) & kHighBits) == 0)
    at += kWord;
  while (at != end && static_cast<unsigned char>(*at) < 0x80) ++at;
  return at;
}

bool is_continuation(unsigned char byte) {
  return (byte & 0xc0) == 0x80;
}

// The width in bytes of the well-formed multi-byte character at `at`; 0 if there is none (Unicode,
// table 3-7).
std::size_t character_width(const char* at, const char* end) {
  const auto byte = [at](std::size_t i) { return static_cast<unsigned char>(at[i]); };
  const std::size_t left = static_cast<std::size_t>(end - at);
  const unsigned char lead = byte(0);
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return left >= 2 && is_continuation(byte(1)) ? 2 : 0;
  if (lead < 0xf0) {
    if (left < 3 || !is_continuation(byte(1)) || !is_continuation(byte(2))) return 0;
    if (lead == 0xe0 && byte(1) < 0xa0) return 0;
    if (lead == 0xed && byte(1) > 0x9f) return 0;
    return 3;
  }
  if (left < 4 || !is_continuation(byte(1)) || !is_continuation(byte(2)) ||
      !is_continuation(byte(3)))
    return 0;
  if (lead == 0xf0 && byte(1) < 0x90) return 0;
  if (lead == 0xf4 && byte(1) > 0x8f) return 0;
  return 4;
}

// The number of UTF-16 units in eight bytes: each byte that begins a character counts one, and the
// first byte of a four-byte character counts one more.
std::size_t units_in_word(std::uint64_t word) {
  const std::uint64_t continuations = (word >> 7) & ~(word >> 6) & kLowBits;
  const std::uint64_t four_byte_leads =
      (word >> 7) & (word >> 6) & (word >> 5) & (word >> 4) & kLowBits;
  return kWord - ((continuations * kLowBits) >> 56) + ((four_byte_leads * kLowBits) >> 56);
}

std::size_t units_of_lead(unsigned char byte) {
  return is_continuation(byte) ? 0 : byte >= 0xf0 ? 2 : 1;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  std::size_t units;
  return measure_utf8(text, units);
}

bool measure_utf8(std::string_view text, std::size_t& units) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::size_t extra_bytes = 0;
  while ((at = skip_ascii(at, end)) != end) {
    do {
      const std::size_t width = character_width(at, end);
      if (width == 0) return false;
      at += width;
      extra_bytes += width == 4 ? 2 : width - 1;
    } while (at != end && static_cast<unsigned char>(*at) >= 0x80);
  }
  units = text.size() - extra_bytes;
  return true;
}

std::size_t utf16_length(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::size_t units = 0;
  for (; static_cast<std::size_t>(end - at) >= kWord; at += kWord)
    units += units_in_word(load_word(at));
  for (; at != end; ++at) units += units_of_lead(static_cast<unsigned char>(*at));
  return units;
}

bool is_ascii(std::string_view text) {
  const char* const end = text.data() + text.size();
  return skip_ascii(text.data(), end) == end;
}

std::size_t utf16_offset(std::string_view text, std::size_t units, bool& inside_pair) {
  inside_pair = false;
  const char* at = text.data();
  const char* const end = at + text.size();
  std::size_t left = units;
  while (left >= kWord && static_cast<std::size_t>(end - at) >= kWord) {
    const std::size_t step = units_in_word(load_word(at));
    if (step > left) break;
    left -= step;
    at += kWord;
  }
  // The last word may have ended inside a character. Its units were counted with its first byte.
  while (at != end && is_continuation(static_cast<unsigned char>(*at))) ++at;
  while (left != 0 && at != end) {
    const std::size_t step = units_of_lead(static_cast<unsigned char>(*at));
    if (step > left) {
      inside_pair = true;
      break;
    }
    left -= step;
    ++at;
    while (at != end && is_continuation(static_cast<unsigned char>(*at))) ++at;
  }
  return static_cast<std::size_t>(at - text.data());
}

std::size_t utf16_offset_from_end(std::string_view text, std::size_t units, bool& inside_pair) {
  std::size_t at = text.size();
  std::size_t left = units;
  inside_pair = false;
  while (left != 0 && at != 0) {
    --at;
    const std::size_t step = units_of_lead(static_cast<unsigned char>(text[at]));
    inside_pair = step > left;
    left -= inside_pair ? left : step;
  }
  return at;
}

std::string utf16_slice(std::string_view text, std::uint64_t from, std::uint64_t to) {
  bool splits_first = false;
  bool splits_last = false;
  const std::size_t begin = utf16_offset(text, from, splits_first);
  const std::size_t end = utf16_offset(text, to, splits_last);
  constexpr std::size_t kPairBytes = 4;  // of UTF-8
  const std::size_t first = splits_first ? begin + kPairBytes : begin;
  std::string out(splits_first ? kReplacementCharacter : "");
  if (first < end) out += text.substr(first, end - first);
  if (splits_last && end >= first) out += kReplacementCharacter;
  return out;
}

void append_utf8(std::string& text, std::uint32_t code_point) {
  const auto tail = [&](unsigned shift) {
    text.push_back(static_cast<char>(0x80 | ((code_point >> shift) & 0x3f)));
  };
  if (code_point < 0x80) {
    text.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    text.push_back(static_cast<char>(0xc0 | (code_point >> 6)));
    tail(0);
  } else if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point < 0xe000)) {
    text.append(kReplacementCharacter);
  } else if (code_point < 0x10000) {
    text.push_back(static_cast<char>(0xe0 | (code_point >> 12)));
    tail(6);
    tail(0);
  } else {
    text.push_back(static_cast<char>(0xf0 | (code_point >> 18)));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace syncline
