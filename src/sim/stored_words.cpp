#include "sim/stored_words.h"

#include <algorithm>
#include <string>
#include <vector>

#include "sim/stored_log.h"

namespace syncline::sim {
namespace {

bool family_holds_word(const store::Tables& tables, store::Family family, std::string_view word) {
  const auto cursor = tables.cursor(family);
  for (cursor->seek(""); cursor->valid(); cursor->next())
    if (cursor->value().find(word) != std::string_view::npos) return true;
  return false;
}

}  // namespace

bool holds_word(const store::Tables& tables, std::string_view word) {
  using enum store::Family;
  return std::ranges::any_of(std::vector{kEvents, kSnapshots, kMeta}, [&](store::Family family) {
    return family_holds_word(tables, family, word);
  });
}

std::uint64_t dropped_in(const store::Tables& tables, std::string_view workspace) {
  const auto events = read_log(tables, std::string(workspace));
  if (!events) return 0;
  return static_cast<std::uint64_t>(std::ranges::count_if(
      *events, [](const log::Event& event) { return event.dropped_payload.has_value(); }));
}

}  // namespace syncline::sim
