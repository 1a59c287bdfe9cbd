#include "http/accept.h"

#include <algorithm>

#include "http/tokens.h"

namespace syncline::http {
namespace {

constexpr int kMost = 1000;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The next part before `separator`, which the text then lacks.
std::string_view take(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const std::string_view part = trimmed(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// "0.25" is 250; -1: not such a number.
int thousandths(std::string_view text) {
  const bool shaped = !text.empty() && text.size() <= 5 && (text[0] == '0' || text[0] == '1') &&
                      (text.size() == 1 || text[1] == '.');
  if (!shaped) return -1;
  int value = text[0] - '0';
  for (std::size_t i = 2; i < 5; ++i) {
    const char c = i < text.size() ? text[i] : '0';
    if (!is_digit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  return value <= kMost ? value : -1;
}

// How much a range says about a type: 0, nothing; 1, "*/*"; 2, "text/*"; 3, the type.
int says(std::string_view range, std::string_view type) {
  if (range == "*/*") return 1;
  if (equals_ignoring_case(range, type)) return 3;
  const auto slash = type.find('/');
  const bool all_of =
      range.ends_with("/*") &&
      equals_ignoring_case(range.substr(0, range.size() - 1), type.substr(0, slash + 1));
  return all_of ? 2 : 0;
}

}  // namespace

int wanted(const Headers& headers, std::string_view type) {
  if (headers.count("Accept") == 0) return kMost;
  int most_said = 0;
  int wanted = 0;
  for (const auto& [name, value] : headers.all()) {
    if (!equals_ignoring_case(name, "Accept")) continue;
    std::string_view ranges = value;
    while (!ranges.empty()) {
      std::string_view range = take(ranges, ',');
      const int said = says(take(range, ';'), type);
      if (said <= most_said) continue;
      int quality = kMost;
      while (!range.empty()) {
        const std::string_view parameter = take(range, ';');
        if (parameter.size() >= 2 && (parameter[0] | 0x20) == 'q' && parameter[1] == '=')
          quality = thousandths(parameter.substr(2));
      }
      if (quality < 0) continue;
      most_said = said;
      wanted = quality;
    }
  }
  return wanted;
}

}  // namespace syncline::http
