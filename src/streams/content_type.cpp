#include "streams/content_type.h"

#include <algorithm>

namespace syncline::streams {

std::string essence_of(std::string_view content_type) {
  std::string_view bare = content_type.substr(0, content_type.find(';'));
  while (bare.starts_with(' ') || bare.starts_with('\t')) bare.remove_prefix(1);
  while (bare.ends_with(' ') || bare.ends_with('\t')) bare.remove_suffix(1);
  std::string lower(bare);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return lower;
}

bool is_json_type(std::string_view content_type) {
  return essence_of(content_type) == "application/json";
}

bool is_text_type(std::string_view content_type) {
  const std::string essence = essence_of(content_type);
  return essence.starts_with("text/") || essence == "application/json";
}

}  // namespace syncline::streams
