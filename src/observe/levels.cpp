#include "observe/levels.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace syncline::observe {
namespace {

template <typename Name>
std::optional<Name> find_name(std::string_view text, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (to_string(static_cast<Name>(i)) == text) return static_cast<Name>(i);
  return std::nullopt;
}

constexpr std::string_view kExpected =
    "expected LEVEL or AREA=LEVEL with commas between them; levels: error, warn, info, debug; "
    "areas: server, net, session, workspace, store, api";

}  // namespace

Result<Levels> Levels::changed(std::string_view text) const {
  Levels levels = *this;
  for (;;) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    const std::size_t equals = part.find('=');
    const std::string_view name = equals == part.npos ? part : part.substr(equals + 1);
    const auto level = find_name<Level>(name, kLevels);
    if (!level)
      return fail(ErrorCode::kInvalid, fmt::format("'{}' is no level: {}", name, kExpected));
    if (equals == part.npos) {
      levels.most_.fill(*level);
    } else {
      const auto area = find_name<Area>(part.substr(0, equals), kAreas);
      if (!area)
        return fail(ErrorCode::kInvalid,
                    fmt::format("'{}' is no area: {}", part.substr(0, equals), kExpected));
      levels.set(*area, *level);
    }
    if (comma == text.size()) return levels;
    text.remove_prefix(comma + 1);
  }
}

std::string to_string(const Levels& levels) {
  std::array<std::size_t, kLevels> areas{};
  for (std::size_t i = 0; i < kAreas; ++i)
    ++areas[static_cast<std::size_t>(levels.of(static_cast<Area>(i)))];
  const auto most = static_cast<Level>(std::ranges::max_element(areas) - areas.begin());
  std::string text(to_string(most));
  for (std::size_t i = 0; i < kAreas; ++i) {
    const auto area = static_cast<Area>(i);
    if (levels.of(area) != most)
      text += fmt::format(",{}={}", to_string(area), to_string(levels.of(area)));
  }
  return text;
}

}  // namespace syncline::observe
