#include "merge/effect.h"

namespace syncline::merge {

std::string to_string(const Path& path) {
  std::string text = path.root;
  for (const auto& step : path.steps) {
    if (const auto* key = std::get_if<std::string>(&step)) {
      text += '.';
      text += *key;
    } else {
      text += '[';
      text += std::to_string(std::get<std::uint32_t>(step));
      text += ']';
    }
  }
  return text;
}

}  // namespace syncline::merge
