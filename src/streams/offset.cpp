#include "streams/offset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace syncline::streams {
namespace {

constexpr std::size_t kOffsetDigits = 16;
constexpr std::uint64_t kMostOffset = 9'999'999'999'999'999;

constexpr std::uint64_t kCursorEpochMs = 1'728'432'000'000;  // 2024-10-09T00:00:00Z
constexpr std::uint64_t kCursorMs = 20'000;
constexpr std::uint64_t kMostJitter = 180;  // intervals: an hour

// A number of decimal digits and nothing else; nullopt: it is none, or too large for 64 bits.
std::optional<std::uint64_t> digits(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string offset_text(Offset offset) {
  return fmt::format("{:016}_{:016}", std::min(offset, kMostOffset), 0);
}

Result<Offset> parse_offset(std::string_view text) {
  const bool has_shape = text.size() == 2 * kOffsetDigits + 1 && text[kOffsetDigits] == '_';
  const auto position = has_shape ? digits(text.substr(0, kOffsetDigits)) : std::nullopt;
  const auto part = has_shape ? digits(text.substr(kOffsetDigits + 1)) : std::nullopt;
  if (!position || !part) return fail(ErrorCode::kInvalid, "this is no offset of a stream");
  // The server gives none with a second part. One that is only larger than all others is behind the end.
  return *part == 0 ? *position : std::max(*position, kMostOffset);
}

Result<StartPlace> parse_start(std::string_view text) {
  if (text == "-1") return StartPlace{};
  if (text == "now") return StartPlace{.at_end = true};
  const auto offset = parse_offset(text);
  if (!offset) return std::unexpected(offset.error());
  return StartPlace{.offset = *offset};
}

std::string cursor_text(std::uint64_t unix_ms, std::string_view had, std::uint64_t jitter) {
  const std::uint64_t now = (std::max(unix_ms, kCursorEpochMs) - kCursorEpochMs) / kCursorMs;
  const auto before = digits(had);
  if (!before || *before < now) return std::to_string(now);
  return std::to_string(std::min(*before, kMostOffset) + 1 + jitter % kMostJitter);
}

}  // namespace syncline::streams
