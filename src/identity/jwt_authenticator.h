// JwtAuthenticator: lets in whoever has a signed token (JWT) of an issuer that the operator trusts.
//
// Verifying a signature takes 35 to 250 microseconds, so what was verified is remembered until the token expires,
// for as long as the same keys serve: a key that its issuer removed no longer opens anything.
//
// Thread-safety: none; there is one for each loop, and calls come on that loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "identity/authenticator.h"
#include "identity/claim_rules.h"
#include "identity/key_source.h"
#include "jose/algorithm.h"
#include "jose/claims.h"
#include "jose/jws.h"

namespace syncline::identity {

// How many tokens were judged how. Any thread may read them.
struct JwtCounters {
  std::atomic<std::uint64_t> accepted = 0;    // verified now
  std::atomic<std::uint64_t> remembered = 0;  // verified before
  std::atomic<std::uint64_t> refused = 0;
  std::atomic<std::uint64_t> unavailable = 0;  // no keys
};

class JwtAuthenticator final : public Authenticator {
 public:
  struct Rules {
    jose::Terms terms = {};
    jose::Algorithms algorithms = jose::Algorithms::asymmetric();
    ClaimRules claims = {};
  };
  static constexpr std::size_t kMaxRemembered = 8192;

  // `keys` and `counters` must outlive it.
  JwtAuthenticator(Rules rules, KeySource& keys, JwtCounters& counters);
  ~JwtAuthenticator() override;

  bool open() const override { return false; }
  void authenticate(const Credential& credential, Scheduler& loop, Done done) const override;

 private:
  struct Memory;

  const Rules rules_;
  KeySource& keys_;
  JwtCounters& counters_;
  const std::unique_ptr<Memory> memory_;
};

// Whose token this is. The signature must have been verified. Errors as Authenticator.
Result<Principal> principal_of(const jose::Jws& jws, const JwtAuthenticator::Rules& rules,
                               std::uint64_t now_ms);

}  // namespace syncline::identity
