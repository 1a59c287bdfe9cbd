#include "identity/jwt_issuers.h"

#include <algorithm>
#include <utility>

namespace syncline::identity {

JwtIssuers::JwtIssuers(const std::vector<Issuer>& issuers, JwtCounters& counters)
    : counters_(counters) {
  for (const Issuer& each : issuers)
    issuers_.push_back({each.rules.terms.issuers,
                        std::make_unique<JwtAuthenticator>(each.rules, each.keys, counters)});
}

void JwtIssuers::authenticate(const Credential& credential, Scheduler& loop, Done done) const {
  if (issuers_.size() == 1)
    return issuers_.front().tokens->authenticate(credential, loop, std::move(done));
  const auto claimed = jose::claimed_issuer(credential.token);
  const auto found = std::ranges::find_if(issuers_, [&](const Trusted& each) {
    return claimed && std::ranges::find(each.names, *claimed) != each.names.end();
  });
  if (found != issuers_.end())
    return found->tokens->authenticate(credential, loop, std::move(done));
  ++counters_.refused;
  done(fail(ErrorCode::kUnauthorized,
            claimed ? "the token is of another issuer" : claimed.error().message));
}

}  // namespace syncline::identity
