// Hybrid logical clock (HLC): stamps that look like wall clock time but never go back.
//
// The wall clocks of several machines disagree and jump. An HLC stamp is the wall clock time if
// this is greater than all stamps before; otherwise it is the last stamp plus one. So the order of
// the stamps never contradicts the order in which a node saw the events. A peer that sends a stamp
// far in the future would push every clock forward for good; such a stamp is refused. The node's own
// wall clock is followed, because nobody can tell a wrong time from a right one. When it was ahead
// and comes back, stamps continue from the last one; log::Era then says what time it is.
//
// Source: Kulkarni, Demirbas et al., "Logical Physical Clocks", 2014. A stamp is packed into one
// 64-bit word: the upper 48 bits are milliseconds since 1970 UTC, the lower 16 bits a counter.
// Thread-safety: none.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "syncline/error.h"

namespace syncline {

struct HlcStamp {
  std::uint64_t packed = 0;  // 0: no stamp; it sorts before every other

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
  // How far ahead of the local wall clock a received stamp may be.
  static constexpr std::uint64_t kMaxAheadMs = 60'000;

  // Continues after `last`, for example the newest stamp in a log.
  explicit HlcClock(HlcStamp last = {}) : last_(last) {}

  // Returns a stamp for a local event. It is greater than every stamp that was returned or observed
  // before.
  HlcStamp tick(std::uint64_t unix_ms);

  // Observes a stamp of another node: later ticks are greater. kInvalid if the stamp is more than
  // kMaxAheadMs ahead of `unix_ms`; then nothing changes.
  Result<void> observe(HlcStamp remote, std::uint64_t unix_ms);

  HlcStamp last() const { return last_; }

 private:
  HlcStamp last_;
};

}  // namespace syncline
