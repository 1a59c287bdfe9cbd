#include "log/pin_store.h"

#include <algorithm>

namespace syncline::log {

bool is_pin_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto allowed = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kMaxPinNameBytes && letter(name.front()) &&
         std::ranges::all_of(name, allowed) && name != "now";
}

}  // namespace syncline::log
