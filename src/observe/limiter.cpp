#include "observe/limiter.h"

#include <algorithm>

namespace syncline::observe {

std::optional<std::uint64_t> Limiter::admit(const Report& report, std::uint64_t now_ms) {
  const auto [at, added] =
      buckets_.try_emplace({report.area, report.message.view()},
                           Bucket{report.level, report.message, pace_.burst, now_ms, 0, 0});
  Bucket& bucket = at->second;
  const std::uint64_t refills = (now_ms - bucket.filled_ms) / pace_.refill_ms;
  bucket.tokens = std::min(bucket.tokens + refills, pace_.burst);
  bucket.filled_ms += refills * pace_.refill_ms;
  if (bucket.tokens > 0) {
    --bucket.tokens;
    return std::exchange(bucket.suppressed, 0);
  }
  if (bucket.suppressed++ == 0) bucket.first_ms = now_ms;
  ++suppressed_;
  return std::nullopt;
}

std::vector<Limiter::Untold> Limiter::take_untold(std::uint64_t now_ms) {
  std::vector<Untold> untold;
  for (auto& [key, bucket] : buckets_) {
    if (bucket.suppressed == 0 || now_ms - bucket.first_ms < kTellMs) continue;
    untold.push_back(
        {bucket.level, key.first, bucket.message, std::exchange(bucket.suppressed, 0)});
  }
  return untold;
}

}  // namespace syncline::observe
