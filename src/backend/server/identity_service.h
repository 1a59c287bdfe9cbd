// IdentityService: the kinds of tokens that need more than this process knows: JWTs, and what the application
// judges. It is made from the options of the operator, before the loops.
//
// Thread-safety: make() and serve() before any loop asks; the rest from any thread. stop()
// must come before the loops end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/event_verifier.h"
#include "backend/outbound/auth_webhook.h"
#include "backend/outbound/outbound_client.h"
#include "backend/outbound/remote_keys.h"
#include "identity/claim_rules.h"
#include "identity/issuer_list.h"
#include "identity/jwt_issuers.h"
#include "jose/algorithm.h"
#include "observe/metrics_page.h"
#include "observe/report.h"
#include "syncline/error.h"

namespace syncline::backend {

struct IdentityOptions {
  // Where the keys for JWTs come from: at most one of the three.
  std::string jwt_keys;  // a file: JWK, JWKS or PEM
  std::string jwks_url;
  std::string oidc_issuer;

  std::string jwt_issuer;                   // "": that of OIDC; without it: any
  std::vector<std::string> jwt_audiences;   // empty: any
  std::vector<std::string> jwt_algorithms;  // empty: all but HS256
  std::uint64_t jwt_leeway_ms = 30'000;
  identity::ClaimRules claims = {};

  std::string issuers;  // a file of further issuers (identity/issuer_list.h)

  // Security Event Tokens of the issuer above, as far as they differ from its JWTs.
  std::string set_keys;  // a file
  std::string set_jwks_url;
  std::string set_issuer;
  std::vector<std::string> set_audiences;

  std::string webhook_url;
  std::string webhook_secret;

  std::string outbound_ca;
  bool outbound_allow_private = false;
  std::vector<std::string> outbound_allow;  // networks

  bool empty() const {
    return jwt_keys.empty() && jwks_url.empty() && oidc_issuer.empty() && issuers.empty() &&
           webhook_url.empty();
  }
};

class IdentityService {
 public:
  // kInvalid for options that contradict each other, with the name of the option; the error of a file that
  // cannot be read or holds no usable key.
  static Result<std::unique_ptr<IdentityService>> make(const IdentityOptions& options,
                                                       observe::Sink* sink);
  ~IdentityService();
  IdentityService(const IdentityService&) = delete;
  IdentityService& operator=(const IdentityService&) = delete;

  // These loops will ask. Fetches the keys, without waiting for them.
  void serve(const std::vector<Scheduler*>& loops);

  // Ends what is being fetched and asked. Needs running loops; no loop may ask any more.
  void stop();

  // nullptr: no such tokens are accepted.
  const identity::Authenticator* jwt() const;
  const identity::Authenticator* webhook() const { return webhook_.get(); }

  // For requests to addresses that the operator names.
  const OutboundOptions& outbound() const { return outbound_; }

  // Verifies Security Event Tokens of the issuers of JWTs; nullptr: there are none.
  api::SecurityEvents* security_events() const { return events_.get(); }

  void add_metrics(observe::MetricsPage& page) const;

 private:
  class OfLoops;

  IdentityService(OutboundOptions outbound, observe::Reporter reporter);
  Result<void> trust(const std::vector<identity::IssuerSpec>& issuers, std::uint64_t leeway_ms);
  // The keys of that place, which the service owns.
  Result<identity::KeySource*> keys_at(const identity::KeyPlace& place,
                                       const identity::IssuerSpec& spec);

  const OutboundOptions outbound_;
  const observe::Reporter reporter_;
  identity::JwtCounters jwt_counters_;
  std::vector<std::unique_ptr<identity::KeySource>> keys_;
  std::vector<RemoteKeys*> remote_;  // those of keys_ that are fetched
  std::unique_ptr<OfLoops> jwt_;
  std::unique_ptr<api::EventVerifier> events_;
  std::unique_ptr<AuthWebhook> webhook_;
};

}  // namespace syncline::backend
