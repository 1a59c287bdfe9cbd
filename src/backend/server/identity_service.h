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
#include "jose/algorithm.h"
#include "observe/metrics_page.h"
#include "observe/report.h"
#include "policy/claim_rules.h"
#include "policy/jwt_authenticator.h"
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
  policy::ClaimRules claims = {};

  std::string webhook_url;
  std::string webhook_secret;

  std::string outbound_ca;
  bool outbound_allow_private = false;
  std::vector<std::string> outbound_allow;  // networks

  bool empty() const {
    return jwt_keys.empty() && jwks_url.empty() && oidc_issuer.empty() && webhook_url.empty();
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
  const policy::Authenticator* jwt() const;
  const policy::Authenticator* webhook() const { return webhook_.get(); }

  // Verifies Security Event Tokens of the issuer of JWTs; nullptr: there is none.
  api::SecurityEvents* security_events() const { return events_.get(); }

  void add_metrics(observe::MetricsPage& page) const;

 private:
  class OfLoops;

  IdentityService();
  Result<void> set_up_jwt(const IdentityOptions& options, const OutboundOptions& outbound,
                          observe::Sink* sink);

  policy::JwtCounters jwt_counters_;
  std::unique_ptr<policy::KeySource> keys_;
  RemoteKeys* remote_ = nullptr;  // keys_, if they are fetched
  std::unique_ptr<OfLoops> jwt_;
  std::unique_ptr<api::EventVerifier> events_;
  std::unique_ptr<AuthWebhook> webhook_;
};

}  // namespace syncline::backend
