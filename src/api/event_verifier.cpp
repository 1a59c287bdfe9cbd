#include "api/event_verifier.h"

#include <algorithm>
#include <utility>

namespace syncline::api {
namespace {

using jose::EventRefusal;

SecurityEvents::Taken take_events(const EventVerifier::Rules& rules, const std::string& token,
                                  const jose::KeySet& keys, std::uint64_t now_ms) {
  auto taken = jose::take_security_event_token(token, keys, rules.algorithms, rules.terms, now_ms);
  if (!taken) return std::unexpected(std::move(taken.error()));
  return SecurityEvents::Verified{std::move(*taken), rules.scope};
}

}  // namespace

const EventVerifier::Transmitter* EventVerifier::transmitter_of(const std::string& token) const {
  if (transmitters_.size() == 1) return &transmitters_.front();
  const auto claimed = jose::claimed_issuer(token);
  if (!claimed) return nullptr;
  const auto found = std::ranges::find_if(transmitters_, [&](const Transmitter& each) {
    return std::ranges::find(each.rules.terms.issuers, *claimed) != each.rules.terms.issuers.end();
  });
  return found == transmitters_.end() ? nullptr : &*found;
}

// The issuer may have a key that is newer than those that are known.
void EventVerifier::verify(std::string token, Scheduler& loop, Done done) {
  const Transmitter* const from = transmitter_of(token);
  if (from == nullptr)
    return done(Taken(std::unexpect, EventRefusal{EventRefusal::Code::kInvalidIssuer,
                                                  "the token is of another issuer"}));
  const identity::Keys known = from->keys.keys();
  if (known != nullptr) {
    Taken taken = take_events(from->rules, token, *known, loop.unix_ms());
    const bool other_key = !taken && taken.error().code == EventRefusal::Code::kInvalidKey;
    if (!other_key) return done(std::move(taken));
  }
  from->keys.ask(known, loop,
                 [from, token = std::move(token), &loop,
                  done = std::move(done)](Result<identity::Keys> keys) mutable {
                   if (!keys) return done(std::unexpected(std::move(keys.error())));
                   done(take_events(from->rules, token, **keys, loop.unix_ms()));
                 });
}

}  // namespace syncline::api
