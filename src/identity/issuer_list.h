// IssuerSpec: an issuer of JWTs that the operator trusts, and the list of issuers in a file (docs/identity.md).
//
// Pure: files and addresses are only named here. Thread-safety: plain values and pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "identity/claim_rules.h"
#include "jose/algorithm.h"
#include "syncline/error.h"

namespace syncline::identity {

inline constexpr std::size_t kMostIssuers = 64;

// Where keys come from: exactly one of the three, or none.
struct KeyPlace {
  std::string file = {};      // a JWK, a JWK set or PEM
  std::string jwks_url = {};  // a JWK set is fetched there
  std::string oidc = {};      // … where the discovery document of this issuer says
  std::string option = {};    // what names the place, for errors; "": a file of issuers

  int named() const { return !file.empty() + !jwks_url.empty() + !oidc.empty(); }
};

struct IssuerSpec {
  std::string issuer = {};  // of its tokens, exactly; "", if there is only one: any
  KeyPlace keys = {};
  std::vector<std::string> audiences = {};  // empty: any
  jose::Algorithms algorithms = jose::Algorithms::asymmetric();
  ClaimRules claims = {};

  // Its Security Event Tokens, as far as they differ.
  struct Events {
    std::string issuer = {};                  // "": that of the tokens
    std::vector<std::string> audiences = {};  // empty: those of the tokens
    KeyPlace keys = {};                       // none: those of the tokens
  };
  Events events = {};
};

// The JSON list in a file of issuers. `rights`: what tokens allow if neither a claim nor the file says it. kInvalid
// with the member that is wrong: an unknown one, too.
Result<std::vector<IssuerSpec>> parse_issuers(std::string_view text, Rights rights);

// Completes the rules so that no issuer speaks for another (ClaimRules::other_prefixes). kInvalid, with the reason:
//   - one of several names no issuer, or two name the same
//   - two may speak of the same tenant, and the ids of their people may be the same
Result<void> separate_issuers(std::vector<IssuerSpec>& issuers);

}  // namespace syncline::identity
