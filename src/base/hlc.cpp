#include "base/hlc.h"

#include <fmt/format.h>

#include <chrono>

namespace syncline {

std::string to_string(HlcStamp stamp) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(static_cast<std::int64_t>(stamp.unix_ms()))};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z+{}", int{date.year()},
                     unsigned{date.month()}, unsigned{date.day()}, clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count(),
                     stamp.counter());
}

HlcStamp HlcClock::tick(std::uint64_t unix_ms) {
  const HlcStamp wall = HlcStamp::of(unix_ms, 0);
  // A full counter overflows into the milliseconds, because the packed word is simply incremented.
  last_ = wall > last_ ? wall : HlcStamp{last_.packed + 1};
  return last_;
}

Result<void> HlcClock::observe(HlcStamp remote, std::uint64_t unix_ms) {
  if (remote.unix_ms() > unix_ms && remote.unix_ms() - unix_ms > kMaxAheadMs)
    return fail(ErrorCode::kInvalid,
                fmt::format("clock stamp {} is {} ms ahead of this server's clock, {} are allowed",
                            to_string(remote), remote.unix_ms() - unix_ms, kMaxAheadMs));
  if (remote > last_) last_ = remote;
  return {};
}

}  // namespace syncline
