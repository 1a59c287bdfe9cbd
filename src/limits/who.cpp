#include "limits/who.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "limits/rates.h"

namespace syncline::limits {

// For each connection and request, so it formats no more than it must.
Who who_is(const identity::Principal& principal, std::string_view peer) {
  std::array<char, 16> network;
  const auto written =
      std::to_chars(network.begin(), network.end(), NetworkRates::key_of(peer), 16).ptr;
  std::string name;
  name.reserve(principal.id.size() + 1 + network.size());
  name.append(principal.id).append(1, '@').append(network.begin(), written);
  return {.tenant = std::string(principal.tenant()), .principal = std::move(name)};
}

}  // namespace syncline::limits
