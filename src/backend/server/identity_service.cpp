#include "backend/server/identity_service.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "base/assert.h"

namespace syncline::backend {

// A JwtAuthenticator for each loop.
class IdentityService::OfLoops final : public policy::Authenticator {
 public:
  OfLoops(policy::JwtAuthenticator::Rules rules, policy::KeySource& keys,
          policy::JwtCounters& counters)
      : rules_(std::move(rules)), keys_(keys), counters_(counters) {}

  void serve(const std::vector<Scheduler*>& loops) {
    for (const Scheduler* loop : loops)
      of_loops_.emplace(loop, std::make_unique<policy::JwtAuthenticator>(rules_, keys_, counters_));
    keys_.keys();
  }

  bool open() const override { return false; }
  void authenticate(const policy::Credential& credential, Scheduler& loop,
                    Done done) const override {
    const auto found = of_loops_.find(&loop);
    SYNCLINE_ASSERT(found != of_loops_.end());
    found->second->authenticate(credential, loop, std::move(done));
  }

 private:
  const policy::JwtAuthenticator::Rules rules_;
  policy::KeySource& keys_;
  policy::JwtCounters& counters_;
  std::map<const Scheduler*, std::unique_ptr<policy::JwtAuthenticator>> of_loops_;
};

namespace {

std::unexpected<Error> wrong_option(std::string reason) {
  return fail(ErrorCode::kInvalid, std::move(reason));
}

Result<void> check_url(const std::string& option, const std::string& url) {
  const bool known = url.starts_with("https://") || url.starts_with("http://");
  if (!known || url.find_first_of(" \t\r\n#@") != url.npos)
    return wrong_option(
        fmt::format("{}: '{}' is no URL such as https://id.example/path, without user or fragment",
                    option, url));
  return {};
}

Result<std::string> read_text(const std::string& option, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file) return wrong_option(fmt::format("{}: {} cannot be read", option, path));
  return text;
}

Result<OutboundOptions> outbound_of(const IdentityOptions& options) {
  OutboundOptions outbound;
  outbound.ca_file = options.outbound_ca;
  if (!outbound.ca_file.empty())
    if (auto text = read_text("--outbound-ca", outbound.ca_file); !text)
      return std::unexpected(std::move(text.error()));
  outbound.rules.allow_private = options.outbound_allow_private;
  for (const std::string& text : options.outbound_allow) {
    auto network = parse_network(text);
    if (!network) return wrong_option("--outbound-allow: " + network.error().message);
    outbound.rules.allowed.push_back(*network);
  }
  return outbound;
}

Result<jose::Algorithms> algorithms_of(const std::vector<std::string>& names) {
  if (names.empty()) return jose::Algorithms::asymmetric();
  jose::Algorithms algorithms;
  for (const std::string& name : names) {
    const auto algorithm = jose::algorithm_named(name);
    if (!algorithm)
      return wrong_option(fmt::format(
          "--jwt-algorithms: '{}' is none of EdDSA, ES256, ES384, RS256, PS256, HS256", name));
    algorithms.add(*algorithm);
  }
  return algorithms;
}

Result<policy::JwtAuthenticator::Rules> rules_of(const IdentityOptions& options) {
  const auto algorithms = algorithms_of(options.jwt_algorithms);
  if (!algorithms) return std::unexpected(algorithms.error());
  policy::JwtAuthenticator::Rules rules{.algorithms = *algorithms, .claims = options.claims};
  if (!options.oidc_issuer.empty() && !options.jwt_issuer.empty() &&
      options.oidc_issuer != options.jwt_issuer)
    return wrong_option("--jwt-issuer differs from --oidc-issuer; give one of them");
  const std::string& issuer = options.jwt_issuer.empty() ? options.oidc_issuer : options.jwt_issuer;
  if (!issuer.empty()) rules.terms.issuers = {issuer};
  rules.terms.audiences = options.jwt_audiences;
  rules.terms.leeway_ms = options.jwt_leeway_ms;
  return rules;
}

}  // namespace

IdentityService::IdentityService() = default;
IdentityService::~IdentityService() = default;

Result<std::unique_ptr<IdentityService>> IdentityService::make(const IdentityOptions& options,
                                                               observe::Sink* sink) {
  const auto outbound = outbound_of(options);
  if (!outbound) return std::unexpected(outbound.error());
  std::unique_ptr<IdentityService> service(new IdentityService());
  if (auto done = service->set_up_jwt(options, *outbound, sink); !done)
    return std::unexpected(std::move(done.error()));
  if (options.webhook_url.empty()) return service;
  if (auto valid = check_url("--auth-webhook", options.webhook_url); !valid)
    return std::unexpected(std::move(valid.error()));
  service->webhook_ = std::make_unique<AuthWebhook>(
      AuthWebhook::Options{
          .url = options.webhook_url, .secret = options.webhook_secret, .outbound = *outbound},
      observe::Reporter(sink, observe::Area::kServer));
  return service;
}

Result<void> IdentityService::set_up_jwt(const IdentityOptions& options,
                                         const OutboundOptions& outbound, observe::Sink* sink) {
  const int places =
      !options.jwt_keys.empty() + !options.jwks_url.empty() + !options.oidc_issuer.empty();
  if (places > 1)
    return wrong_option("--jwt-keys, --jwks-url and --oidc-issuer exclude each other");
  const bool wanted = !options.jwt_issuer.empty() || !options.jwt_audiences.empty() ||
                      !options.jwt_algorithms.empty();
  if (places == 0 && wanted)
    return wrong_option(
        "options for JWTs without keys: give --jwt-keys, --jwks-url or --oidc-issuer");
  if (places == 0) return {};
  auto rules = rules_of(options);
  if (!rules) return std::unexpected(std::move(rules.error()));
  if (!options.jwt_keys.empty()) {
    const auto text = read_text("--jwt-keys", options.jwt_keys);
    if (!text) return std::unexpected(text.error());
    using Secrets = jose::KeySet::Secrets;
    const bool secrets = rules->algorithms.has(jose::Algorithm::kHs256);
    auto keys =
        jose::KeySet::from_file_text(*text, secrets ? Secrets::kAccepted : Secrets::kIgnored);
    if (!keys)
      return wrong_option(
          fmt::format("--jwt-keys: {}: {}", options.jwt_keys, keys.error().message));
    keys_ = std::make_unique<policy::FixedKeys>(std::move(*keys));
  } else {
    const bool discovers = options.jwks_url.empty();
    const std::string& url = discovers ? options.oidc_issuer : options.jwks_url;
    if (auto valid = check_url(discovers ? "--oidc-issuer" : "--jwks-url", url); !valid)
      return valid;
    const observe::Reporter reporter(sink, observe::Area::kServer);
    if (rules->terms.audiences.empty())
      reporter.warn("JWTs for any application are accepted: give --jwt-audience");
    auto remote = std::make_unique<RemoteKeys>(
        RemoteKeys::Place{.jwks_url = options.jwks_url, .issuer = options.oidc_issuer}, outbound,
        reporter);
    remote_ = remote.get();
    keys_ = std::move(remote);
  }
  events_ = std::make_unique<api::EventVerifier>(
      *keys_,
      api::EventVerifier::Rules{
          .terms = rules->terms, .algorithms = rules->algorithms, .id_claim = rules->claims.id});
  jwt_ = std::make_unique<OfLoops>(std::move(*rules), *keys_, jwt_counters_);
  return {};
}

void IdentityService::serve(const std::vector<Scheduler*>& loops) {
  if (jwt_ != nullptr) jwt_->serve(loops);
}

void IdentityService::stop() {
  if (remote_ != nullptr) remote_->stop();
  if (webhook_ != nullptr) webhook_->stop();
}

const policy::Authenticator* IdentityService::jwt() const {
  return jwt_.get();
}

void IdentityService::add_metrics(observe::MetricsPage& page) const {
  using Labelled = observe::MetricsPage::Labelled;
  page.counters("jwt_total", "JWTs judged, by result.", "result",
                std::array{Labelled{"accepted", jwt_counters_.accepted},
                           Labelled{"remembered", jwt_counters_.remembered},
                           Labelled{"refused", jwt_counters_.refused},
                           Labelled{"unavailable", jwt_counters_.unavailable}});
  page.counter("jwks_fetches_total", "Fetches of keys for JWTs.",
               remote_ == nullptr ? 0 : remote_->counters().fetches.load());
  page.counter("jwks_fetch_failures_total", "Of them, those that failed.",
               remote_ == nullptr ? 0 : remote_->counters().failures.load());
  const AuthWebhook::Counters none;
  const AuthWebhook::Counters& asked = webhook_ == nullptr ? none : webhook_->counters();
  page.counters(
      "auth_webhook_total", "Tokens that the application judged, by result.", "result",
      std::array{Labelled{"accepted", asked.accepted}, Labelled{"remembered", asked.remembered},
                 Labelled{"refused", asked.refused}, Labelled{"failed", asked.failed}});
}

}  // namespace syncline::backend
