#include "session/refusals.h"

#include <algorithm>

namespace syncline::session {

std::uint64_t Refusals::note(ClientKey client, std::uint64_t now_ms) {
  Entry& entry = table_[client % table_.size()];
  if (entry.client != client || now_ms - entry.last_ms >= kForgetMs) entry = {.client = client};
  entry.last_ms = now_ms;
  constexpr std::uint32_t kEnough = 16;  // the wait has reached its maximum long before
  entry.times = std::min(entry.times + 1, kEnough);
  if (entry.times == 1) return 0;
  return std::min(kFirstWaitMs << (entry.times - 2), kMaxWaitMs);
}

std::uint64_t denial_wait_ms(const limits::FailedTokens::Verdict& verdict) {
  const std::uint64_t retry_ms = std::min(verdict.retry_after_s * 1000, Refusals::kMaxWaitMs);
  return std::max(verdict.delay_ms, retry_ms);
}

}  // namespace syncline::session
