#include "cli/data/sitting.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "cli/json.h"
#include "state/moment.h"

namespace syncline::cli {
namespace {

constexpr std::uint64_t kPauseMs = 5 * 60 * 1000;

std::optional<std::uint64_t> time_of(const crdt::Any& entry) {
  const auto moment = state::parse_moment(text_member(entry, "time"));
  const auto* instant = moment ? std::get_if<state::Instant>(&*moment) : nullptr;
  if (instant == nullptr) return std::nullopt;
  return instant->unix_ms;
}

}  // namespace

bool same_sitting(const crdt::Any& first, const crdt::Any& then) {
  for (const char* key : {"principal", "actor", "name"})
    if (text_member(first, key) != text_member(then, key)) return false;
  const auto a = time_of(first);
  const auto b = time_of(then);
  return a && b && std::max(*a, *b) - std::min(*a, *b) <= kPauseMs;
}

}  // namespace syncline::cli
