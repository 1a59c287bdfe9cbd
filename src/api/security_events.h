// SecurityEvents: who verifies Security Event Tokens, and what an event means for the tokens of this server.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "base/scheduler.h"
#include "identity/revocations.h"
#include "identity/seen_ids.h"
#include "jose/security_event.h"

namespace syncline::api {

// How far an event reaches back; and how long it is remembered, which is longer than tokens live that an identity
// provider issues.
inline constexpr std::uint64_t kSecurityEventMs = std::uint64_t{31} * 86'400'000;

// Of whose tokens an event speaks, and how its subjects are named here.
struct EventScope {
  std::string issuer = {};  // of the JWTs; "": that of the event
  // The claim that holds the id of a principal: "sub", "email" or another one, of which no event speaks.
  std::string id_claim = "sub";
  std::string id_prefix = {};  // of the ids of principals (ClaimRules)
  std::string tenant = std::string(identity::kEveryTenant);  // whose tokens
};

class SecurityEvents {
 public:
  struct Verified {
    jose::SecurityEventToken token;
    EventScope scope;
  };
  using Taken = std::expected<Verified, jose::EventRefusal>;
  // An error: the keys cannot be had now.
  using Done = std::move_only_function<void(Result<Taken>)>;

  virtual ~SecurityEvents() = default;

  // Answers on `loop`, which is that of the caller, before the call returns or in a later turn.
  virtual void verify(std::string token, Scheduler& loop, Done done) = 0;

  // Of issuer and jti. Only on the first loop.
  identity::SeenIds seen;
};

// What the events of a token do to everything that its issuer gave their subjects before. Empty: they concern nobody
// here, or are too old.
struct EventEffects {
  std::vector<identity::Revocation> revoked;
  // What tokens say has changed. Sessions with older ones look again; the tokens stay valid.
  std::vector<identity::Revocation> outdated;
};
// An issuer speaks of its own subjects only.
EventEffects effects_of(const jose::SecurityEventToken& token, const EventScope& scope,
                        std::uint64_t now_ms);

}  // namespace syncline::api
