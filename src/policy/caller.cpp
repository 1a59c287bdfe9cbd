#include "policy/caller.h"

#include <fmt/format.h>

#include "policy/rates.h"

namespace syncline::policy {

Who who_is(const Principal& principal, std::string_view peer) {
  return {.tenant = std::string(principal.tenant()),
          .principal = fmt::format("{}@{:x}", principal.id, NetworkRates::key_of(peer))};
}

}  // namespace syncline::policy
