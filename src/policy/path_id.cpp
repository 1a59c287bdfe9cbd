#include "policy/path_id.h"

#include <variant>

namespace syncline::policy {
namespace {

constexpr std::string_view kAnyElement = "/*";

void append_name(std::string& path, std::string_view name) {
  path += '/';
  if (name == "*") {
    path += "~2";
    return;
  }
  for (const char c : name) {
    if (c == '~')
      path += "~0";
    else if (c == '/')
      path += "~1";
    else
      path += c;
  }
}

bool works_on_key(merge::Operation operation) {
  return operation == merge::Operation::kSetKey || operation == merge::Operation::kDeleteKey;
}

// Whether the names come to no more than an id may have. So a path of megabytes is not written out.
bool is_short(const merge::Touch& touch) {
  std::size_t bytes = touch.container.root.size() + touch.key.size() + 2;
  for (const auto& step : touch.container.steps) {
    const auto* key = std::get_if<std::string>(&step);
    bytes += key == nullptr ? kAnyElement.size() : 1 + key->size();
    if (bytes > kMaxPathIdBytes) return false;
  }
  return bytes <= kMaxPathIdBytes;
}

}  // namespace

TouchedPlace place_of(const merge::Touch& touch) {
  if (touch.extent == merge::Extent::kObject) return {"", true};
  const bool whole = is_short(touch);
  TouchedPlace place{.below = touch.covers_below() || !whole};
  const auto add = [&](const std::string* name) {
    const std::size_t before = place.path.size();
    if (!whole && name != nullptr && before + 2 * name->size() + 1 > kMaxPathIdBytes) return false;
    if (name == nullptr)
      place.path += kAnyElement;
    else
      append_name(place.path, *name);
    return place.path.size() <= kMaxPathIdBytes || whole;
  };
  if (!add(&touch.container.root)) return {"", true};
  for (const auto& step : touch.container.steps)
    if (!add(std::get_if<std::string>(&step))) return place;
  if (touch.extent == merge::Extent::kContainer) return place;
  add(works_on_key(touch.operation) ? &touch.key : nullptr);
  return place;
}

Side side_of(std::string_view path, std::string_view place) {
  const auto contains = [](std::string_view outer, std::string_view inner) {
    return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '/');
  };
  if (contains(path, place)) return Side::kAround;
  return contains(place, path) ? Side::kBelow : Side::kApart;
}

std::string_view parent_path(std::string_view path) {
  return path.substr(0, path.empty() ? 0 : path.rfind('/'));
}

}  // namespace syncline::policy
