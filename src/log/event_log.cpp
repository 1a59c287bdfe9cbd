#include "log/event_log.h"

#include <algorithm>

namespace syncline::log {

std::string_view to_string(Durability durability) {
  switch (durability) {
    case Durability::kMemory: return "memory";
    case Durability::kDisk: return "disk";
    case Durability::kQuorum: return "quorum";
  }
  return "unknown";
}

bool is_pin_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto allowed = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kMaxPinNameBytes && letter(name.front()) &&
         std::ranges::all_of(name, allowed) && name != "now";
}

}  // namespace syncline::log
