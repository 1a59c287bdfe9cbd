#include "api/media_type.h"

#include <algorithm>

#include "base/trim.h"

namespace syncline::api {
namespace {

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return made;
}

}  // namespace

MediaType::MediaType(std::string_view text) {
  const std::size_t end = text.find(';');
  name_ = lower(trim(text.substr(0, end)));
  if (end != text.npos) parameters_ = lower(text.substr(end + 1));
}

std::optional<std::string> MediaType::parameter(std::string_view name) const {
  std::string_view rest = parameters_;
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    const std::string_view one = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    const std::size_t equals = one.find('=');
    if (equals == one.npos || trim(one.substr(0, equals)) != name) continue;
    std::string_view value = trim(one.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return std::nullopt;
}

}  // namespace syncline::api
