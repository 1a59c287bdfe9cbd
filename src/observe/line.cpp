#include "observe/line.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/hlc.h"
#include "base/utf8.h"

namespace syncline::observe {
namespace {

std::string time_text(std::uint64_t unix_ms) {
  const std::string text = to_string(HlcStamp::of(unix_ms, 0));
  return text.substr(0, text.find('+'));
}

// The size of the valid UTF-8 character at the beginning of `text`; 0 if there is none.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size)
    if (is_valid_utf8(text.substr(0, size))) return size;
  return 0;
}

std::uint32_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(character[i]); };
  if (character.size() == 1) return byte(0);
  std::uint32_t point = byte(0) & (0xFFu >> (character.size() + 1));
  for (std::size_t i = 1; i < character.size(); ++i) point = point << 6 | (byte(i) & 0x3F);
  return point;
}

// Control characters, and those that are invisible or change the direction of text.
bool is_unsafe(std::uint32_t point) {
  struct Range {
    std::uint32_t first, last;
  };
  static constexpr Range kUnsafe[] = {{0, 0x1F},        {0x7F, 0x9F},      {0xAD, 0xAD},
                                      {0x61C, 0x61C},   {0x180E, 0x180E},  {0x200B, 0x200F},
                                      {0x2028, 0x202E}, {0x2060, 0x206F},  {0xFEFF, 0xFEFF},
                                      {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};
  return std::ranges::any_of(
      kUnsafe, [&](const Range& range) { return point >= range.first && point <= range.last; });
}

std::string shortened(std::string text) {
  if (text.size() <= kMaxValueBytes) return text;
  std::size_t end = kMaxValueBytes;
  while (end > kMaxValueBytes - 4 && (static_cast<std::uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

// A value without tokens, and not longer than it may be.
std::string value_text(std::string_view text, const Secrets& secrets) {
  if (text.size() > kMaxLookedAtBytes) return fmt::format("[{} bytes]", text.size());
  return shortened(secrets.cleaned(text));
}

void escape_for_json(std::string& out, std::uint32_t point) {
  if (point > 0xFFFF) {
    const std::uint32_t rest = point - 0x10000;
    fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10),
                   0xDC00 + (rest & 0x3FF));
  } else {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", point);
  }
}

// Calls `whole(character, code point)` for each character, and `broken(byte)` for each byte that
// belongs to none.
template <typename Whole, typename Broken>
void each_character(std::string_view text, Whole&& whole, Broken&& broken) {
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size > 0)
      whole(text.substr(0, size), code_point(text.substr(0, size)));
    else
      broken(static_cast<std::uint8_t>(text.front()));
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
}

std::string in_json(std::string_view text) {
  std::string out = "\"";
  each_character(
      text,
      [&](std::string_view character, std::uint32_t point) {
        if (is_unsafe(point)) return escape_for_json(out, point);
        if (point == '"' || point == '\\') out += '\\';
        out += character;
      },
      [&](std::uint8_t) { out += "\\ufffd"; });
  return out + '"';
}

// Quoted if something in it needs that.
std::string in_text(std::string_view text) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](char byte) {
    return byte > ' ' && byte < 0x7F && byte != '"' && byte != '\\' && byte != '=';
  });
  if (plain) return std::string(text);
  std::string out = "\"";
  each_character(
      text,
      [&](std::string_view character, std::uint32_t point) {
        if (is_unsafe(point)) {
          fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", point);
          return;
        }
        if (point == '"' || point == '\\') out += '\\';
        out += character;
      },
      [&](std::uint8_t byte) { fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte); });
  return out + '"';
}

// Calls `add(key, value, is_text)` for each field.
template <typename Add>
void each_field(const Report& report, std::uint64_t suppressed, const Secrets& secrets, Add&& add) {
  for (const Field& field : report.fields.first(std::min(report.fields.size(), kMaxFields))) {
    std::visit(
        [&](const auto& value) {
          using Value = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, std::string_view>) {
            if (!value.empty()) add(field.key.view(), value_text(value, secrets), true);
          } else if constexpr (std::is_same_v<Value, double>)
            add(field.key.view(), fmt::format("{:.3f}", value), false);
          else
            add(field.key.view(), fmt::format("{}", value), false);
        },
        field.value);
  }
  if (suppressed > 0) add("suppressed", fmt::format("{}", suppressed), false);
}

}  // namespace

std::string text_line(const Report& report, std::uint64_t unix_ms, std::uint64_t suppressed,
                      const Secrets& secrets) {
  std::string line = fmt::format("{} {:<5} {:<9} {}", time_text(unix_ms), to_string(report.level),
                                 to_string(report.area), report.message.view());
  std::string_view gap = "  ";
  each_field(report, suppressed, secrets,
             [&](std::string_view key, const std::string& value, bool is_text) {
               fmt::format_to(std::back_inserter(line), "{}{}={}", gap, key,
                              is_text ? in_text(value) : value);
               gap = " ";
             });
  return line + '\n';
}

std::string json_line(const Report& report, std::uint64_t unix_ms, std::uint64_t suppressed,
                      const Secrets& secrets) {
  std::string line =
      fmt::format(R"({{"time":"{}","level":"{}","area":"{}","message":{})", time_text(unix_ms),
                  to_string(report.level), to_string(report.area), in_json(report.message.view()));
  each_field(report, suppressed, secrets,
             [&](std::string_view key, const std::string& value, bool is_text) {
               fmt::format_to(std::back_inserter(line), ",{}:{}", in_json(key),
                              is_text ? in_json(value) : value);
             });
  return line + "}\n";
}

}  // namespace syncline::observe
