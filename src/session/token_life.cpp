#include "session/token_life.h"

#include <algorithm>

#include "base/mutation.h"

namespace syncline::session {

std::unique_ptr<TokenLife> TokenLife::watch(Scheduler& loop, const identity::Principal& principal,
                                            Holder& holder) {
  if (principal.expires_ms() == 0 || is_mutated(Mutation::ignore_expiry)) return nullptr;
  return std::unique_ptr<TokenLife>(new TokenLife(loop, *principal.identity, holder));
}

TokenLife::TokenLife(Scheduler& loop, const identity::Identity& identity, Holder& holder)
    : loop_(loop), holder_(holder) {
  const std::uint64_t now_ms = loop.unix_ms();
  const std::uint64_t left_ms = identity.expires_ms - std::min(now_ms, identity.expires_ms);
  const bool dated = identity.issued_ms > 0 && identity.issued_ms < identity.expires_ms;
  const std::uint64_t lifetime_ms = dated ? identity.expires_ms - identity.issued_ms : left_ms;
  const std::uint64_t renewal_ms = std::min(kMostRenewalMs, lifetime_ms / 10);
  ends_ms_ = loop.monotonic_ms() + left_ms;
  // Whoever answered with the same token again is not asked once more.
  left_ms <= renewal_ms ? wait_for_end() : wait_for_renewal(left_ms - renewal_ms);
}

void TokenLife::wait_for_renewal(std::uint64_t wait_ms) {
  timer_ = loop_.after(wait_ms, [this] {
    wait_for_end();
    holder_.token_wanted();
  });
}

void TokenLife::wait_for_end() {
  const std::uint64_t now_ms = loop_.monotonic_ms();
  timer_ = loop_.after(ends_ms_ - std::min(now_ms, ends_ms_), [this] {
    timer_ = 0;
    holder_.token_expired();
  });
}

Error expired_token() {
  return {ErrorCode::kUnauthorized, "the token has expired"};
}

Result<void> check_life(const identity::Principal& principal, const Scheduler& loop) {
  const std::uint64_t expires_ms = principal.expires_ms();
  if (expires_ms == 0 || loop.unix_ms() < expires_ms) return {};
  return std::unexpected(expired_token());
}

}  // namespace syncline::session
