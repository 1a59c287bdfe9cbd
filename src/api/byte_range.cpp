#include "api/byte_range.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace syncline::api {
namespace {

// nullopt: no number. A number that is too large is the largest one.
std::optional<std::uint64_t> range_number(std::string_view digits) {
  if (digits.empty() || !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return parsed.ec == std::errc{} ? value : ~std::uint64_t{0};
}

}  // namespace

std::optional<std::variant<ByteRange, Unsatisfiable>> asked_range(std::string_view header,
                                                                  std::uint64_t bytes) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::nullopt;
  header.remove_prefix(kUnit.size());
  const std::size_t dash = header.find('-');
  if (dash == header.npos) return std::nullopt;
  const std::string_view from = header.substr(0, dash);
  const std::string_view to = header.substr(dash + 1);
  const auto last = range_number(to);
  if (!last && !to.empty()) return std::nullopt;
  if (from.empty()) {  // the last bytes
    if (!last) return std::nullopt;
    const std::uint64_t count = std::min(*last, bytes);
    if (count == 0) return Unsatisfiable{};
    return ByteRange{bytes - count, count};
  }
  const auto first = range_number(from);
  if (!first || (last && *last < *first)) return std::nullopt;
  if (*first >= bytes) return Unsatisfiable{};
  const std::uint64_t end = last ? std::min(*last, bytes - 1) : bytes - 1;
  return ByteRange{*first, end - *first + 1};
}

}  // namespace syncline::api
