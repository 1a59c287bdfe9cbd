// Removes blanks and tabs at both ends of a text (the optional white space of HTTP, RFC 9110).
#pragma once

#include <string_view>

namespace syncline {

inline std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace syncline
