#include "streams/json_messages.h"

#include "crdt/json_check.h"

namespace syncline::streams {
namespace {

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

// The end of the `count`th message, which is that of the text if there are not as many; how many there were, in `found`.
std::size_t end_of_messages(std::string_view messages, std::size_t count, std::size_t& found) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const char c = messages[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else
        in_string = c != '"';
      continue;
    }
    in_string = c == '"';
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c == ',' && depth == 0 && ++found == count) return i;
  }
  ++found;
  return messages.size();
}

}  // namespace

Result<std::string_view> json_messages(std::string_view body) {
  if (!crdt::is_json(body)) return fail(ErrorCode::kMalformed, "the body is not valid JSON");
  const std::string_view value = without_blanks(body);
  if (!value.starts_with('[')) return value;
  return without_blanks(value.substr(1, value.size() - 2));
}

std::size_t count_messages(std::string_view messages) {
  std::size_t found = 0;
  if (!messages.empty()) end_of_messages(messages, 0, found);
  return found;
}

std::string_view first_messages(std::string_view messages, std::size_t count) {
  if (count == 0) return {};
  std::size_t found = 0;
  return messages.substr(0, end_of_messages(messages, count, found));
}

}  // namespace syncline::streams
