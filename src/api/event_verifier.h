// EventVerifier: verifies Security Event Tokens with the keys of the issuer whose JWTs are accepted.
//
// Thread-safety: verify() may be called on any loop; the rest as SecurityEvents says.
#pragma once

#include <string>
#include <utility>

#include "api/security_events.h"
#include "jose/algorithm.h"
#include "jose/claims.h"
#include "policy/key_source.h"

namespace syncline::api {

class EventVerifier final : public SecurityEvents {
 public:
  struct Rules {
    jose::Terms terms;
    jose::Algorithms algorithms;
    std::string id_claim;
  };

  // `keys` must outlive it.
  EventVerifier(policy::KeySource& keys, Rules rules) : keys_(keys), rules_(std::move(rules)) {}

  void verify(std::string token, Scheduler& loop, Done done) override;
  const std::string& id_claim() const override { return rules_.id_claim; }

 private:
  Taken take(const std::string& token, const jose::KeySet& keys, std::uint64_t now_ms) const;

  policy::KeySource& keys_;
  const Rules rules_;
};

}  // namespace syncline::api
