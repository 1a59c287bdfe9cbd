#include "backend/server/identity_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "base/assert.h"

namespace syncline::backend {

// JwtIssuers for each loop.
class IdentityService::OfLoops final : public identity::Authenticator {
 public:
  OfLoops(std::vector<identity::JwtIssuers::Issuer> issuers, identity::JwtCounters& counters)
      : issuers_(std::move(issuers)), counters_(counters) {}

  void serve(const std::vector<Scheduler*>& loops) {
    for (const Scheduler* loop : loops)
      of_loops_.emplace(loop, std::make_unique<identity::JwtIssuers>(issuers_, counters_));
    for (const identity::JwtIssuers::Issuer& issuer : issuers_) issuer.keys.keys();
  }

  bool open() const override { return false; }
  void authenticate(const identity::Credential& credential, Scheduler& loop,
                    Done done) const override {
    const auto found = of_loops_.find(&loop);
    SYNCLINE_ASSERT(found != of_loops_.end());
    found->second->authenticate(credential, loop, std::move(done));
  }

 private:
  const std::vector<identity::JwtIssuers::Issuer> issuers_;
  identity::JwtCounters& counters_;
  std::map<const Scheduler*, std::unique_ptr<identity::JwtIssuers>> of_loops_;
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

// The issuer that the options name; nullopt: they name none.
Result<std::optional<identity::IssuerSpec>> issuer_of(const IdentityOptions& options) {
  identity::IssuerSpec spec{
      .keys = {.file = options.jwt_keys,
               .jwks_url = options.jwks_url,
               .oidc = options.oidc_issuer,
               .option = !options.jwt_keys.empty()   ? "--jwt-keys"
                         : !options.jwks_url.empty() ? "--jwks-url"
                                                     : "--oidc-issuer"},
      .audiences = options.jwt_audiences,
      .claims = options.claims,
      .events = {.issuer = options.set_issuer,
                 .audiences = options.set_audiences,
                 .keys = {.file = options.set_keys,
                          .jwks_url = options.set_jwks_url,
                          .option = options.set_keys.empty() ? "--set-jwks-url" : "--set-keys"}}};
  if (spec.keys.named() > 1)
    return wrong_option("--jwt-keys, --jwks-url and --oidc-issuer exclude each other");
  if (spec.events.keys.named() > 1)
    return wrong_option("--set-keys and --set-jwks-url exclude each other");
  const bool wanted = !options.jwt_issuer.empty() || !options.jwt_audiences.empty() ||
                      !options.jwt_algorithms.empty() || spec.events.keys.named() > 0 ||
                      !options.set_issuer.empty() || !options.set_audiences.empty();
  if (spec.keys.named() == 0 && wanted)
    return wrong_option(
        "options for JWTs without keys: give --jwt-keys, --jwks-url or --oidc-issuer");
  if (spec.keys.named() == 0) return std::nullopt;
  if (!options.oidc_issuer.empty() && !options.jwt_issuer.empty() &&
      options.oidc_issuer != options.jwt_issuer)
    return wrong_option("--jwt-issuer differs from --oidc-issuer; give one of them");
  spec.issuer = options.jwt_issuer.empty() ? options.oidc_issuer : options.jwt_issuer;
  const auto algorithms = algorithms_of(options.jwt_algorithms);
  if (!algorithms) return std::unexpected(algorithms.error());
  spec.algorithms = *algorithms;
  return spec;
}

// All issuers: that of the options first.
Result<std::vector<identity::IssuerSpec>> issuers_of(const IdentityOptions& options) {
  auto first = issuer_of(options);
  if (!first) return std::unexpected(std::move(first.error()));
  std::vector<identity::IssuerSpec> issuers;
  if (*first) issuers.push_back(std::move(**first));
  if (options.issuers.empty()) return issuers;
  const auto text = read_text("--issuers", options.issuers);
  if (!text) return std::unexpected(text.error());
  auto further = identity::parse_issuers(*text, options.claims.fallback);
  if (!further)
    return wrong_option(fmt::format("--issuers: {}: {}", options.issuers, further.error().message));
  std::ranges::move(*further, std::back_inserter(issuers));
  if (auto apart = identity::separate_issuers(issuers); !apart)
    return wrong_option("--issuers: " + apart.error().message);
  return issuers;
}

jose::Terms terms_of(const std::string& issuer, const std::vector<std::string>& audiences,
                     std::uint64_t leeway_ms) {
  jose::Terms terms{.audiences = audiences, .leeway_ms = leeway_ms};
  if (!issuer.empty()) terms.issuers = {issuer};
  return terms;
}

api::EventVerifier::Rules event_rules_of(const identity::IssuerSpec& spec,
                                         std::uint64_t leeway_ms) {
  const identity::IssuerSpec::Events& events = spec.events;
  return {
      .terms = terms_of(events.issuer.empty() ? spec.issuer : events.issuer,
                        events.audiences.empty() ? spec.audiences : events.audiences, leeway_ms),
      .algorithms = spec.algorithms,
      .scope = {
          .issuer = spec.issuer, .id_claim = spec.claims.id, .id_prefix = spec.claims.id_prefix}};
}

}  // namespace

IdentityService::IdentityService(OutboundOptions outbound, observe::Reporter reporter)
    : outbound_(std::move(outbound)), reporter_(reporter) {}

IdentityService::~IdentityService() = default;

Result<std::unique_ptr<IdentityService>> IdentityService::make(const IdentityOptions& options,
                                                               observe::Sink* sink) {
  auto outbound = outbound_of(options);
  if (!outbound) return std::unexpected(std::move(outbound.error()));
  const auto issuers = issuers_of(options);
  if (!issuers) return std::unexpected(issuers.error());
  const observe::Reporter reporter(sink, observe::Area::kServer);
  std::unique_ptr<IdentityService> service(new IdentityService(std::move(*outbound), reporter));
  if (auto done = service->trust(*issuers, options.jwt_leeway_ms); !done)
    return std::unexpected(std::move(done.error()));
  if (options.webhook_url.empty()) return service;
  if (auto valid = check_url("--auth-webhook", options.webhook_url); !valid)
    return std::unexpected(std::move(valid.error()));
  service->webhook_ =
      std::make_unique<AuthWebhook>(AuthWebhook::Options{.url = options.webhook_url,
                                                         .secret = options.webhook_secret,
                                                         .outbound = service->outbound_},
                                    reporter);
  return service;
}

Result<identity::KeySource*> IdentityService::keys_at(const identity::KeyPlace& place,
                                                      const identity::IssuerSpec& spec) {
  const std::string option = place.option.empty() ? "--issuers: " + spec.issuer : place.option;
  if (!place.file.empty()) {
    const auto text = read_text(option, place.file);
    if (!text) return std::unexpected(text.error());
    using Secrets = jose::KeySet::Secrets;
    const bool secrets = spec.algorithms.has(jose::Algorithm::kHs256);
    auto keys =
        jose::KeySet::from_file_text(*text, secrets ? Secrets::kAccepted : Secrets::kIgnored);
    if (!keys)
      return wrong_option(fmt::format("{}: {}: {}", option, place.file, keys.error().message));
    return keys_.emplace_back(std::make_unique<identity::FixedKeys>(std::move(*keys))).get();
  }
  const std::string& url = place.jwks_url.empty() ? place.oidc : place.jwks_url;
  if (auto valid = check_url(option, url); !valid) return std::unexpected(std::move(valid.error()));
  auto remote = std::make_unique<RemoteKeys>(
      RemoteKeys::Place{.jwks_url = place.jwks_url, .issuer = place.oidc}, outbound_, reporter_);
  remote_.push_back(remote.get());
  return keys_.emplace_back(std::move(remote)).get();
}

Result<void> IdentityService::trust(const std::vector<identity::IssuerSpec>& issuers,
                                    std::uint64_t leeway_ms) {
  std::vector<identity::JwtIssuers::Issuer> tokens;
  std::vector<api::EventVerifier::Transmitter> transmitters;
  for (const identity::IssuerSpec& spec : issuers) {
    auto keys = keys_at(spec.keys, spec);
    if (!keys) return std::unexpected(std::move(keys.error()));
    if (spec.audiences.empty() && spec.keys.file.empty())
      reporter_.warn("JWTs for any application are accepted: give --jwt-audience",
                     {{"issuer", spec.issuer}});
    auto event_keys = spec.events.keys.named() == 0 ? keys : keys_at(spec.events.keys, spec);
    if (!event_keys) return std::unexpected(std::move(event_keys.error()));
    tokens.push_back({{.terms = terms_of(spec.issuer, spec.audiences, leeway_ms),
                       .algorithms = spec.algorithms,
                       .claims = spec.claims},
                      **keys});
    transmitters.push_back({**event_keys, event_rules_of(spec, leeway_ms)});
  }
  if (issuers.empty()) return {};
  events_ = std::make_unique<api::EventVerifier>(std::move(transmitters));
  jwt_ = std::make_unique<OfLoops>(std::move(tokens), jwt_counters_);
  return {};
}

void IdentityService::serve(const std::vector<Scheduler*>& loops) {
  if (jwt_ != nullptr) jwt_->serve(loops);
}

void IdentityService::stop() {
  for (RemoteKeys* const remote : remote_) remote->stop();
  if (webhook_ != nullptr) webhook_->stop();
}

const identity::Authenticator* IdentityService::jwt() const {
  return jwt_.get();
}

void IdentityService::add_metrics(observe::MetricsPage& page) const {
  using Labelled = observe::MetricsPage::Labelled;
  page.counters("jwt_total", "JWTs judged, by result.", "result",
                std::array{Labelled{"accepted", jwt_counters_.accepted},
                           Labelled{"remembered", jwt_counters_.remembered},
                           Labelled{"refused", jwt_counters_.refused},
                           Labelled{"unavailable", jwt_counters_.unavailable}});
  std::uint64_t fetches = 0;
  std::uint64_t failures = 0;
  for (const RemoteKeys* const remote : remote_) {
    fetches += remote->counters().fetches;
    failures += remote->counters().failures;
  }
  page.counter("jwks_fetches_total", "Fetches of keys for JWTs.", fetches);
  page.counter("jwks_fetch_failures_total", "Of them, those that failed.", failures);
  const AuthWebhook::Counters none;
  const AuthWebhook::Counters& asked = webhook_ == nullptr ? none : webhook_->counters();
  page.counters(
      "auth_webhook_total", "Tokens that the application judged, by result.", "result",
      std::array{Labelled{"accepted", asked.accepted}, Labelled{"remembered", asked.remembered},
                 Labelled{"refused", asked.refused}, Labelled{"failed", asked.failed}});
}

}  // namespace syncline::backend
