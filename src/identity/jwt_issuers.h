// JwtIssuers: lets in whoever has a signed token of one of several issuers.
//
// The issuer that a token names chooses the rules and the keys. So the keys of one issuer never verify the tokens of
// another, and none speaks for another's people or tenants (ClaimRules).
//
// Thread-safety: none; there is one for each loop, and calls come on that loop.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "identity/jwt_authenticator.h"

namespace syncline::identity {

class JwtIssuers final : public Authenticator {
 public:
  struct Issuer {
    JwtAuthenticator::Rules rules;  // of several, each names its issuer, and no two the same
    KeySource& keys;
  };

  // At least one issuer. What they refer to must outlive it.
  JwtIssuers(const std::vector<Issuer>& issuers, JwtCounters& counters);

  bool open() const override { return false; }
  void authenticate(const Credential& credential, Scheduler& loop, Done done) const override;

 private:
  struct Trusted {
    std::vector<std::string> names;
    std::unique_ptr<JwtAuthenticator> tokens;
  };

  std::vector<Trusted> issuers_;
  JwtCounters& counters_;
};

}  // namespace syncline::identity
