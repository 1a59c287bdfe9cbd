// Characters and tokens of the HTTP grammar (RFC 9110 section 5.6). For this room only.
#pragma once

#include <algorithm>
#include <string_view>

namespace syncline::http {

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

inline bool is_token_char(char c) {
  if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return c != 0 && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

inline bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

}  // namespace syncline::http
