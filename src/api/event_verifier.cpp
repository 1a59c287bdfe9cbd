#include "api/event_verifier.h"

#include <utility>

namespace syncline::api {

EventVerifier::Taken EventVerifier::take(const std::string& token, const jose::KeySet& keys,
                                         std::uint64_t now_ms) const {
  return jose::take_security_event_token(token, keys, rules_.algorithms, rules_.terms, now_ms);
}

// The issuer may have a key that is newer than those that are known.
void EventVerifier::verify(std::string token, Scheduler& loop, Done done) {
  const policy::Keys known = keys_.keys();
  if (known != nullptr) {
    Taken taken = take(token, *known, loop.unix_ms());
    const bool other_key = !taken && taken.error().code == jose::EventRefusal::Code::kInvalidKey;
    if (!other_key) return done(std::move(taken));
  }
  keys_.ask(known, loop,
            [this, token = std::move(token), &loop,
             done = std::move(done)](Result<policy::Keys> keys) mutable {
              if (!keys) return done(std::unexpected(std::move(keys.error())));
              done(take(token, **keys, loop.unix_ms()));
            });
}

}  // namespace syncline::api
