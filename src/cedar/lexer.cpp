#include "cedar/lexer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "base/utf8.h"

namespace syncline::cedar {

namespace {

bool is_word_start(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit_character(char c) {
  return c >= '0' && c <= '9';
}

// The bytes of a space character at the front, 0 if there is none. Unicode's White_Space.
std::size_t space_at(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r')) return 1;
  constexpr std::array<std::string_view, 19> kWide = {
      "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
      "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
      "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
      "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
  for (const std::string_view each : kWide) {
    if (text.starts_with(each)) return each.size();
  }
  return 0;
}

std::size_t word_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && (is_word_start(text[length]) || is_digit_character(text[length])))
    ++length;
  return length;
}

}  // namespace

void Lexer::skip(std::size_t bytes) {
  at_.advance(rest_.substr(0, bytes));
  rest_.remove_prefix(bytes);
}

void Lexer::skip_space() {
  while (true) {
    if (const std::size_t space = space_at(rest_); space != 0) {
      skip(space);
    } else if (rest_.starts_with("//")) {
      skip(std::min(rest_.find_first_of("\r\n"), rest_.size()));
    } else {
      return;
    }
  }
}

Token Lexer::take(TokenKind kind, std::size_t bytes) {
  const Token token{kind, rest_.substr(0, bytes), at_};
  skip(bytes);
  return token;
}

Token Lexer::string() {
  std::size_t end = 1;
  while (end < rest_.size() && rest_[end] != '"') {
    if (rest_[end] == '\\' && end + 1 < rest_.size() && rest_[end + 1] == '\n') break;
    end += rest_[end] == '\\' ? 2 : 1;
  }
  if (end >= rest_.size() || rest_[end] != '"')
    return {TokenKind::kBad, "this string does not end", at_};
  Token token = take(TokenKind::kString, end + 1);
  token.text = token.text.substr(1, token.text.size() - 2);
  return token;
}

Token Lexer::next() {
  skip_space();
  if (rest_.empty()) return {TokenKind::kEnd, {}, at_};
  const char first = rest_[0];
  if (is_word_start(first)) return take(TokenKind::kWord, word_length(rest_));
  if (is_digit_character(first)) {
    std::size_t length = 0;
    while (length < rest_.size() && is_digit_character(rest_[length])) ++length;
    return take(TokenKind::kNumber, length);
  }
  if (first == '"') return string();
  if (first == '?' && rest_.size() > 1 && is_word_start(rest_[1]))
    return take(TokenKind::kSlot, 1 + word_length(rest_.substr(1)));
  constexpr std::array<std::string_view, 27> kMarks = {
      "::", "==", "!=", "<=", ">=", "||", "&&", "@", ".", ",", ";", ":", "(", ")",
      "{",  "}",  "[",  "]",  "<",  ">",  "+",  "-", "*", "!", "?", "=", "/"};
  for (const std::string_view mark : kMarks) {
    if (rest_.starts_with(mark)) return take(TokenKind::kMark, mark.size());
  }
  return {TokenKind::kBad, "this character has no meaning here", at_};
}

// ---- strings ----

namespace {

int hex_digit(char c) {
  if (is_digit_character(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// `x41`: two digits, up to 7f.
bool take_hex_escape(std::string_view& raw, std::uint32_t& character) {
  if (raw.size() < 2) return false;
  const int high = hex_digit(raw[0]);
  const int low = hex_digit(raw[1]);
  if (high < 0 || high > 7 || low < 0) return false;
  character = static_cast<std::uint32_t>(high * 16 + low);
  raw.remove_prefix(2);
  return true;
}

// `u{1F600}`: one to six digits with underscores in between.
bool take_unicode_escape(std::string_view& raw, std::uint32_t& character) {
  if (!raw.starts_with('{')) return false;
  const std::size_t end = raw.find('}');
  if (end == raw.npos || end == 1 || raw[1] == '_') return false;
  character = 0;
  int digits = 0;
  for (const char c : raw.substr(1, end - 1)) {
    if (c == '_') continue;
    const int digit = hex_digit(c);
    if (digit < 0 || ++digits > 6) return false;
    character = character * 16 + static_cast<std::uint32_t>(digit);
  }
  raw.remove_prefix(end + 1);
  return character <= 0x10ffff && (character < 0xd800 || character > 0xdfff);
}

// What comes after a backslash.
bool take_escape(std::string_view& raw, std::uint32_t& character) {
  if (raw.empty()) return false;
  const char kind = raw[0];
  raw.remove_prefix(1);
  switch (kind) {
    case 'n': character = '\n'; return true;
    case 'r': character = '\r'; return true;
    case 't': character = '\t'; return true;
    case '0': character = '\0'; return true;
    case '\\':
    case '\'':
    case '"': character = static_cast<std::uint32_t>(kind); return true;
    case 'x': return take_hex_escape(raw, character);
    case 'u': return take_unicode_escape(raw, character);
    default: return false;
  }
}

// Calls `plain` with runs of bytes and characters, `star` for stars.
template <typename Plain, typename Star>
bool read_literal(std::string_view raw, bool pattern, Plain plain, Star star) {
  std::string encoded;
  while (!raw.empty()) {
    const std::size_t run = std::min(raw.find_first_of(pattern ? "\\\r*" : "\\\r"), raw.size());
    plain(raw.substr(0, run));
    raw.remove_prefix(run);
    if (raw.empty()) return true;
    const char special = raw[0];
    raw.remove_prefix(1);
    if (special == '\r') return false;
    if (special == '*') {
      star();
      continue;
    }
    if (pattern && raw.starts_with('*')) {
      plain(raw.substr(0, 1));
      raw.remove_prefix(1);
      continue;
    }
    std::uint32_t character = 0;
    if (!take_escape(raw, character)) return false;
    if (pattern && character == '*') {
      star();
      continue;
    }
    encoded.clear();
    append_utf8(encoded, character);
    plain(encoded);
  }
  return true;
}

}  // namespace

bool unescape(std::string_view raw, std::string& out) {
  return read_literal(
      raw, false, [&](std::string_view text) { out += text; }, [] {});
}

bool unescape_pattern(std::string_view raw, std::vector<std::string>& pieces) {
  pieces.assign(1, {});
  return read_literal(
      raw, true, [&](std::string_view text) { pieces.back() += text; },
      [&] { pieces.emplace_back(); });
}

}  // namespace syncline::cedar
