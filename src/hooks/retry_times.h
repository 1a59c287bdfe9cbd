// When a delivery that failed is tried again.
//
// Thread-safety: pure but for the dice.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/scheduler.h"

namespace syncline::hooks {

// After the first failure, the second … After the last of these, the event is given up: about 16 hours.
inline constexpr std::array<std::uint64_t, 10> kRetryMs = {
    1'000,     5'000,     30'000,    120'000,    600'000,
    1'800'000, 3'600'000, 7'200'000, 14'400'000, 28'800'000};
// An endpoint at which nothing has succeeded for so long is disabled.
inline constexpr std::uint64_t kDisableAfterMs = std::uint64_t{3} * 86'400'000;
inline constexpr std::uint64_t kMostRetryAfterMs = 3'600'000;  // of a receiver's wish

// How long to wait after so many failures (at least 1), give or take a fifth, so that those who failed together do not
// come back together.
inline std::uint64_t retry_in_ms(std::uint64_t failures, Random& random) {
  const std::uint64_t index = std::min<std::uint64_t>(failures, kRetryMs.size()) - 1;
  const std::uint64_t base = kRetryMs[static_cast<std::size_t>(index)];
  return base - base / 5 + random.next() % (base * 2 / 5 + 1);
}

}  // namespace syncline::hooks
