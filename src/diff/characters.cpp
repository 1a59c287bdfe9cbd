#include "diff/characters.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace syncline::diff {
namespace {

constexpr std::uint32_t kJoiner = 0x200d;

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Code points that belong to the one before them, ascending. Blocks are taken as a whole where nearly all of it does.
constexpr Range kExtending[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489},  {0x0591, 0x05bd},   {0x05bf, 0x05bf},   {0x05c1, 0x05c7},
    {0x0610, 0x061a}, {0x064b, 0x065f},  {0x0670, 0x0670},   {0x06d6, 0x06dc},   {0x06df, 0x06e4},
    {0x06e7, 0x06ed}, {0x0711, 0x0711},  {0x0730, 0x074a},   {0x0900, 0x0903},   {0x093a, 0x094f},
    {0x0951, 0x0957}, {0x0962, 0x0963},  {0x0981, 0x0983},   {0x09bc, 0x09cd},   {0x0a01, 0x0a03},
    {0x0a3c, 0x0a51}, {0x0a81, 0x0a83},  {0x0abc, 0x0acd},   {0x0b01, 0x0b03},   {0x0b3c, 0x0b57},
    {0x0bbe, 0x0bcd}, {0x0c3e, 0x0c56},  {0x0cbc, 0x0cd6},   {0x0d3b, 0x0d4d},   {0x0dca, 0x0ddf},
    {0x0e31, 0x0e31}, {0x0e33, 0x0e3a},  {0x0e47, 0x0e4e},   {0x0eb1, 0x0eb1},   {0x0eb3, 0x0ebc},
    {0x0ec8, 0x0ece}, {0x102b, 0x103e},  {0x1160, 0x11ff},   {0x17b4, 0x17d3},   {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x200c, kJoiner}, {0x20d0, 0x20ff},   {0x302a, 0x302f},   {0x3099, 0x309a},
    {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},  {0x1f3fb, 0x1f3ff}, {0xe0020, 0xe007f}, {0xe0100, 0xe01ef},
};

bool extends(std::uint32_t code_point) {
  const auto* const found =
      std::ranges::upper_bound(kExtending, code_point, std::ranges::less{}, &Range::first);
  return found != std::begin(kExtending) && code_point <= std::prev(found)->last;
}

bool is_regional(std::uint32_t code_point) {
  return code_point >= 0x1f1e6 && code_point <= 0x1f1ff;
}

bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// Of valid UTF-8.
std::uint32_t code_point_at(std::string_view text, std::size_t at, std::size_t& bytes) {
  const auto lead = static_cast<unsigned char>(text[at]);
  bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  std::uint32_t code_point = bytes == 1 ? lead : lead & (0xffu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i)
    code_point = code_point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3f);
  return code_point;
}

std::uint32_t code_point_before(std::string_view text, std::size_t at) {
  do --at;
  while (continues(text[at]));
  std::size_t bytes = 0;
  return code_point_at(text, at, bytes);
}

}  // namespace

std::size_t first_character(std::string_view text) {
  std::size_t bytes = 0;
  std::uint32_t last = code_point_at(text, 0, bytes);
  std::size_t at = bytes;
  if (last == '\r' && at < text.size() && text[at] == '\n') return at + 1;
  bool flag = is_regional(last);
  while (at < text.size()) {
    const std::uint32_t next = code_point_at(text, at, bytes);
    const bool second = flag && is_regional(next);
    if (!second && last != kJoiner && !extends(next)) break;
    flag = false;
    last = next;
    at += bytes;
  }
  return at;
}

bool begins_character(std::string_view text, std::size_t at) {
  if (at == 0 || at >= text.size()) return true;
  if (continues(text[at])) return false;
  std::size_t bytes = 0;
  const std::uint32_t next = code_point_at(text, at, bytes);
  const std::uint32_t before = code_point_before(text, at);
  if (before == '\r' && next == '\n') return false;
  return before != kJoiner && !extends(next) && !(is_regional(before) && is_regional(next));
}

}  // namespace syncline::diff
