#include "limits/rate.h"

#include <algorithm>

namespace syncline::limits {
namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kNsPerSecond = 1'000 * kNsPerMs;
// Units whose time does not overflow; more count as so many.
constexpr std::uint64_t kMostUnits = std::uint64_t{1} << 33;

std::uint64_t ns_of(const Rate& rate, std::uint64_t units) {
  return std::min(units, kMostUnits) * kNsPerSecond / rate.per_second;
}

}  // namespace

std::uint64_t TokenBucket::take(const Rate& rate, std::uint64_t units, std::uint64_t now_ms) {
  if (!rate.limits()) return 0;
  const std::uint64_t now_ns = now_ms * kNsPerMs;
  const std::uint64_t most_ns = now_ns + ns_of(rate, rate.burst) + kMaxWaitMs * kNsPerMs;
  full_at_ns_ = std::min(std::max(full_at_ns_, now_ns) + ns_of(rate, units), most_ns);
  return wait_ms(rate, now_ms);
}

std::uint64_t TokenBucket::used(const Rate& rate, std::uint64_t now_ms) const {
  const std::uint64_t now_ns = now_ms * kNsPerMs;
  if (!rate.limits() || full_at_ns_ <= now_ns) return 0;
  return (full_at_ns_ - now_ns) / 1000 * rate.per_second / (kNsPerSecond / 1000);
}

std::uint64_t TokenBucket::wait_ms(const Rate& rate, std::uint64_t now_ms) const {
  if (!rate.limits()) return 0;
  const std::uint64_t zero_at_ns = now_ms * kNsPerMs + ns_of(rate, rate.burst);
  if (full_at_ns_ <= zero_at_ns) return 0;
  return (full_at_ns_ - zero_at_ns + kNsPerMs - 1) / kNsPerMs;
}

}  // namespace syncline::limits
