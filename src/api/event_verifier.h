// EventVerifier: verifies Security Event Tokens of the issuers whose JWTs are accepted.
//
// The issuer that a token names chooses the keys, and those of one issuer never verify the tokens of another.
//
// Thread-safety: verify() may be called on any loop; the rest as SecurityEvents says.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/security_events.h"
#include "identity/key_source.h"
#include "jose/algorithm.h"
#include "jose/claims.h"

namespace syncline::api {

class EventVerifier final : public SecurityEvents {
 public:
  struct Rules {
    jose::Terms terms;  // names the issuer of events; it may be any if there is one transmitter
    jose::Algorithms algorithms;
    EventScope scope;
  };
  // Who sends events. `keys` must outlive the verifier.
  struct Transmitter {
    identity::KeySource& keys;
    Rules rules;
  };

  explicit EventVerifier(std::vector<Transmitter> transmitters)
      : transmitters_(std::move(transmitters)) {}

  void verify(std::string token, Scheduler& loop, Done done) override;

 private:
  const Transmitter* transmitter_of(const std::string& token) const;

  const std::vector<Transmitter> transmitters_;
};

}  // namespace syncline::api
