#include "cli/data/event_text.h"

#include <fmt/format.h>

#include "cli/json.h"
#include "cli/table.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using crdt::Any;

constexpr std::size_t kMaxTouchesShown = 3;
constexpr std::size_t kAuthorWidth = 26;

// "insert content 5+3", "set board.title", "format content 4 bold"; ".*" is added if everything
// below is touched, too.
std::string touch_text(const Any& touch) {
  std::string text = text_member(touch, "action") + " " + text_member(touch, "path");
  const std::string index = text_of(member(touch, "index"));
  const std::string key = text_member(touch, "key");
  const std::string length = text_of(member(touch, "length"));
  if (!index.empty()) text += " " + index + (length == "0" ? "" : "+" + length);
  if (!key.empty()) text += (index.empty() ? "." : " ") + key;
  const std::string covers = text_member(touch, "covers");
  if (covers == "object") text += "the whole object";
  return covers == "below" || covers == "container" ? text + ".*" : text;
}

std::string touches_text(const Any& event) {
  const auto* list = array_member(event, "touches");
  if (event.find("dropped") != nullptr) return "(dropped by retention)";
  if (list == nullptr) return {};
  std::string text;
  for (std::size_t i = 0; i < list->size() && i < kMaxTouchesShown; ++i)
    text += (i == 0 ? "" : "; ") + touch_text((*list)[i]);
  if (list->size() > kMaxTouchesShown)
    text += fmt::format("; and {} more", list->size() - kMaxTouchesShown);
  return text;
}

std::string row(std::string_view position, std::string_view time, std::string_view principal,
                std::string_view object, std::string_view size, std::string_view touches) {
  const auto pad = [](std::string_view cell, std::size_t width) {
    const std::string shown = shorten(visible(cell), width);
    return shown + std::string(width - character_count(shown), ' ');
  };
  std::string line =
      fmt::format("{:>8}  {}  {}  {}  {:>9}  {}", position, pad(time, 24),
                  pad(principal, kAuthorWidth), pad(object, 24), size, visible(touches));
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace

std::string event_titles() {
  return row("POSITION", "TIME", "PRINCIPAL", "OBJECT", "SIZE", "CHANGES");
}

std::string author_text(const Any& entry, std::size_t most, std::string_view name_member) {
  constexpr std::string_view kMark = " (unverified)";
  const std::string name = text_member(entry, name_member);
  if (name.empty()) return shorten(text_member(entry, "principal"), most);
  const bool* verified = std::get_if<bool>(&member(entry, "verified").value());
  if (verified != nullptr && *verified) return shorten(name, most);
  return '"' + shorten(name, most - kMark.size() - 2) + '"' + std::string(kMark);
}

std::string event_row(const EventLine& event) {
  const auto json = crdt::from_json(event.json);
  if (!json) return event.json;
  return row(std::to_string(event.position), text_member(*json, "time"),
             author_text(*json, kAuthorWidth), text_member(*json, "object"),
             json->find("size") == nullptr ? "" : size_text(number_member(*json, "size")),
             touches_text(*json));
}

}  // namespace syncline::cli
