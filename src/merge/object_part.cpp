#include "merge/object_part.h"

#include <charconv>

namespace syncline::merge {
namespace {

// Returns false if the text is not a number. Empty text leaves the value unchanged.
bool read_bound(std::string_view text, std::uint64_t& value) {
  if (text.empty()) return true;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Result<Part> parse_part(std::string_view root, std::string_view range) {
  Part part{.root = std::string(root)};
  if (range.empty()) return part;
  const std::size_t colon = range.find(':');
  if (colon == range.npos || !read_bound(range.substr(0, colon), part.from) ||
      !read_bound(range.substr(colon + 1), part.to) || part.from > part.to)
    return fail(ErrorCode::kInvalid, "a range is FROM:TO, such as 0:100, 100: or :100");
  return part;
}

}  // namespace syncline::merge
