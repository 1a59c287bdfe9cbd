// ClockWatch: notices when the wall clock of the machine jumps.
//
// The wall clock says when something happened, and people set it, also wrongly. Nobody can tell a
// jump to a wrong time from one to the right time. So the server follows the clock, and says that
// it jumped. It compares the clock with one that only counts: their difference stays the same.
//
// A machine that was asleep looks the same, if the counting clock slept, too.
//
// Thread-safety: none; one per loop.
#pragma once

#include <cstdint>
#include <optional>

namespace syncline {

class ClockWatch {
 public:
  // A smaller step is normal.
  static constexpr std::uint64_t kStepMs = 60'000;

  // Call it now and then. Returns by how many milliseconds the wall clock has jumped since the last
  // call, if that is more than kStepMs.
  std::optional<std::int64_t> note(std::uint64_t unix_ms, std::uint64_t monotonic_ms) {
    const auto offset = static_cast<std::int64_t>(unix_ms - monotonic_ms);
    const auto last = offset_;
    offset_ = offset;
    if (!last) return std::nullopt;
    const std::int64_t step = offset - *last;
    const auto size = static_cast<std::uint64_t>(step < 0 ? -step : step);
    return size > kStepMs ? std::optional(step) : std::nullopt;
  }

 private:
  std::optional<std::int64_t> offset_;  // of the wall clock, at the last call
};

}  // namespace syncline
