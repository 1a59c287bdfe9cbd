#include "cli/data/change_text.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

using crdt::Any;

// By how much an insertion moves the later indices.
std::size_t length_of(const Any& inserted) {
  if (const auto* text = std::get_if<std::string>(&inserted.value())) return utf16_length(*text);
  const auto* values = std::get_if<Any::Array>(&inserted.value());
  return values == nullptr ? 1 : values->size();
}

// "@12 +«abc» -3 @20 ~4 {«bold»:true}": the positions at which the delta changes something, and the
// changes.
std::string delta_text(const Any& delta) {
  const auto* steps = std::get_if<Any::Array>(&delta.value());
  std::string told;
  double at = 0;
  for (std::size_t i = 0; steps != nullptr && i < steps->size(); ++i) {
    const Any& step = (*steps)[i];
    const Any* formats = step.find("attributes");
    if (const Any* kept = step.find("retain")) {
      if (formats != nullptr)
        told += fmt::format("{}@{} ~{} {}", told.empty() ? "" : " ", at, compact_json(*kept),
                            compact_json(*formats));
      if (const auto* count = std::get_if<double>(&kept->value())) at += *count;
      continue;
    }
    told += fmt::format("{}@{}", told.empty() ? "" : " ", at);
    const Any* added = step.find("insert");
    if (added != nullptr) told += " +" + compact_json(*added);
    if (formats != nullptr) told += " " + compact_json(*formats);
    if (const Any* gone = step.find("delete")) told += " -" + compact_json(*gone);
    if (added != nullptr) at += static_cast<double>(length_of(*added));
  }
  return told;
}

}  // namespace

std::vector<std::string> change_lines(const Any& told) {
  std::vector<std::string> lines;
  const auto add = [&](std::string_view path, std::string_view what) {
    lines.push_back(fmt::format("          {}: {}", visible(path), visible(what)));
  };
  const Any* all = told.find("changes");
  if (all != nullptr && all->is_null() && told.find("dropped") == nullptr)
    lines.push_back("          (cannot be told, or is too much)");
  const auto* changes = array_member(told, "changes");
  for (std::size_t i = 0; changes != nullptr && i < changes->size(); ++i) {
    const Any& change = (*changes)[i];
    const std::string path = text_member(change, "path");
    if (const Any* delta = change.find("delta")) add(path, delta_text(*delta));
    if (const Any* keys = change.find("keys")) add(path, compact_json(*keys));
  }
  return lines;
}

}  // namespace syncline::cli
