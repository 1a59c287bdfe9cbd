// Hybrid logical clock: stamps that look like wall clock time but never go back.
//
// Wall clocks of several machines disagree and jump. An HLC stamp is the wall clock where that can
// be had, and a counter where it cannot, so that order by stamp never contradicts the order in
// which one node saw things. A peer that claims a stamp far in the future would drag every clock
// along for good: such a stamp is refused.
//
// Source: Kulkarni, Demirbas et al., "Logical Physical Clocks", 2014; packed into one 64-bit word:
// the upper 48 bits are milliseconds since 1970 UTC, the lower 16 a counter.
// Thread-safety: none.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "syncline/error.h"

namespace syncline {

struct HlcStamp {
  std::uint64_t packed = 0;  // 0: no stamp, before every other

  static constexpr std::uint64_t kMaxMs = (std::uint64_t{1} << 48) - 1;

  static constexpr HlcStamp of(std::uint64_t unix_ms, std::uint16_t counter) {
    return {(unix_ms > kMaxMs ? kMaxMs : unix_ms) << 16 | counter};
  }
  constexpr std::uint64_t unix_ms() const { return packed >> 16; }
  constexpr std::uint16_t counter() const { return static_cast<std::uint16_t>(packed); }

  constexpr auto operator<=>(const HlcStamp&) const = default;
};

// "2026-01-31T12:00:00.123Z+7": UTC with milliseconds, then the counter.
std::string to_string(HlcStamp stamp);

class HlcClock {
 public:
  // How far ahead of our wall clock a received stamp may be.
  static constexpr std::uint64_t kMaxAheadMs = 60'000;

  // Continues after `last`, for instance the newest stamp found in a log.
  explicit HlcClock(HlcStamp last = {}) : last_(last) {}

  // A stamp for a local event, greater than every stamp given out or observed before.
  HlcStamp tick(std::uint64_t unix_ms);

  // Takes note of a stamp from elsewhere: later ticks are greater. kInvalid, with nothing changed,
  // when it is more than kMaxAheadMs ahead of `unix_ms`.
  Result<void> observe(HlcStamp remote, std::uint64_t unix_ms);

  HlcStamp last() const { return last_; }

 private:
  HlcStamp last_;
};

}  // namespace syncline
