#include "sim/provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "identity/jwt_authenticator.h"
#include "identity/key_source.h"
#include "jose/key_set.h"
#include "sim/invariants.h"
#include "sim/loop.h"

namespace syncline::sim {
namespace {

constexpr std::size_t kPublished = 2;  // the key that signs, and the one before
constexpr std::uint64_t kLeewayMs = 30'000;
constexpr std::string_view kIssuer = "https://id.example";
constexpr std::string_view kAudience = "syncline";
// A process that stands still does not ask, and judges late what it was told.
constexpr std::uint64_t kSlackMs = 10'000;

identity::JwtAuthenticator::Rules rules_of_tokens() {
  return {.terms = {.issuers = {std::string(kIssuer)},
                    .audiences = {std::string(kAudience)},
                    .leeway_ms = kLeewayMs},
          .claims = {.rights = "rights"}};
}

std::string jwk_of(const ed25519::Seed& seed, std::string_view kid) {
  return fmt::format(R"({{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","kid":"{}","x":"{}"}})", kid,
                     to_base64url(ed25519::public_key_of(seed)));
}

}  // namespace

// The way of one process to the keys: identity/key_cache.h, as backend/outbound/remote_keys.h is in production.
class Provider::Source final : public identity::KeySource {
 public:
  explicit Source(Provider& provider) : provider_(provider), cache_(provider.settings_.times) {
    provider_.told_ = {};
  }

  identity::Keys keys() override {
    const std::uint64_t now_ms = provider_.now_ms();
    if (cache_.is_due(now_ms)) {
      cache_.began(now_ms);
      fetch();
    }
    return cache_.keys(now_ms);
  }

  void ask(const identity::Keys& known, Scheduler& loop, identity::KeyCache::Done done) override {
    auto later = [&loop, done = std::move(done)](Result<identity::Keys> keys) mutable {
      loop.post(
          [done = std::move(done), keys = std::move(keys)]() mutable { done(std::move(keys)); });
    };
    if (cache_.ask(provider_.now_ms(), known, std::move(later))) fetch();
  }

 private:
  void fetch() {
    Provider& provider = provider_;
    provider.told_.asked_ms = provider.now_ms();
    provider.told_.stale_ms.reset();
    const bool stalls = provider.dice_.chance(0.2);
    const std::uint64_t takes_us =
        stalls ? provider.dice_.below(kLongestFetchMs * 1000) : provider.dice_.below(kSecond / 2);
    provider.world_.timeline.after(1 + takes_us, [this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) end();
    });
  }

  void end() {
    World& world = provider_.world_;
    Result<jose::KeySet> fetched = fail(ErrorCode::kUnavailable, "no answer");
    if (world.now_us() >= provider_.fails_until_us_)
      fetched = jose::KeySet::from_json(provider_.key_set(), jose::KeySet::Secrets::kIgnored);
    else if (provider_.dice_.chance(0.5))
      fetched = jose::KeySet::from_json("<html>503</html>", jose::KeySet::Secrets::kIgnored);
    if (fetched) {
      provider_.tell();
      world.hit(Probe::keys_fetched);
    } else {
      world.hit(Probe::keys_not_fetched);
    }
    auto told = cache_.ended(provider_.now_ms(), std::move(fetched));
    for (auto& waiter : told.waiters) waiter(told.answer);
  }

  Provider& provider_;
  identity::KeyCache cache_;
  const std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

class Provider::Judge final : public identity::Authenticator {
 public:
  explicit Judge(Provider& provider)
      : source_(provider), judge_(rules_of_tokens(), source_, counters_) {}

  bool open() const override { return false; }
  void authenticate(const identity::Credential& credential, Scheduler& loop,
                    Done done) const override {
    judge_.authenticate(credential, loop, std::move(done));
  }

 private:
  Source source_;
  identity::JwtCounters counters_;
  const identity::JwtAuthenticator judge_;
};

Provider::Provider(World& world, const ProviderSettings& settings)
    : world_(world), settings_(settings), dice_(world.dice.fork("provider")) {
  rotate();
}

Provider::~Provider() = default;

void Provider::start() {
  rotate_later();
  fail_later();
}

void Provider::heal() {
  healed_ = true;
  fails_until_us_ = 0;
}

void Provider::rotate() {
  SigningKey key{.kid = fmt::format("key-{}", ++last_key_), .seed = {}};
  for (std::uint8_t& byte : key.seed) byte = static_cast<std::uint8_t>(dice_.next());
  keys_.push_back(std::move(key));
  if (keys_.size() > kPublished) keys_.erase(keys_.begin());
}

void Provider::rotate_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(settings_.rotate_every_us)), [this] {
    if (healed_) return;
    rotate();
    rotate_later();
  });
}

void Provider::fail_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(settings_.outage_every_us)), [this] {
    if (healed_) return;
    fails_until_us_ = world_.now_us() + dice_.scale(kSecond, settings_.longest_outage_us);
    fail_later();
  });
}

std::string Provider::key_set() const {
  std::string list;
  for (const SigningKey& key : keys_) list += (list.empty() ? "" : ",") + jwk_of(key.seed, key.kid);
  return R"({"keys":[)" + list + "]}";
}

Provider::Token Provider::issue(std::string_view subject, std::string_view id,
                                std::string_view rights, std::uint64_t lifetime_ms) const {
  const SigningKey& key = keys_.back();
  const std::uint64_t issued_s = (kEpochMs + now_ms()) / 1000;
  const std::uint64_t expires_s = (kEpochMs + now_ms() + lifetime_ms) / 1000;
  const std::string header = fmt::format(R"({{"alg":"EdDSA","typ":"JWT","kid":"{}"}})", key.kid);
  const std::string claims = fmt::format(
      R"({{"iss":"{}","aud":"{}","sub":"{}","jti":"{}","rights":"{}","iat":{},"exp":{}}})", kIssuer,
      kAudience, subject, id, rights, issued_s, expires_s);
  const std::string text = to_base64url(as_bytes(header)) + "." + to_base64url(as_bytes(claims));
  return {.text = text + "." + to_base64url(ed25519::sign(key.seed, as_bytes(text))),
          .kid = key.kid,
          .refused_from_ms = expires_s * 1000 + kLeewayMs};
}

std::unique_ptr<identity::Authenticator> Provider::judge() {
  return std::make_unique<Judge>(*this);
}

void Provider::tell() {
  const std::uint64_t now = now_ms();
  for (auto& [kid, known] : told_.keys)
    if (!known.gone_ms) known.gone_ms = now;
  for (const SigningKey& key : keys_)
    told_.keys.try_emplace(key.kid, Known{now, std::nullopt}).first->second.gone_ms.reset();
  told_.at_ms = now;
}

std::string Provider::fault_of(const Token& token, const Result<identity::Principal>& answer,
                               bool asked) {
  const auto found = told_.keys.find(token.kid);
  const Known* const known = found == told_.keys.end() ? nullptr : &found->second;
  world_.hit(answer ? Probe::jwt_let_in : Probe::jwt_refused);
  std::string fault =
      answer ? fault_of_entry(known) : fault_of_refusal(known, answer.error(), asked);
  return fault.empty() ? fault_of_age() : fault;
}

// Let in: its key was there not long ago, and the way to the keys was not broken for too long.
std::string Provider::fault_of_entry(const Known* known) const {
  if (known == nullptr || (known->gone_ms && now_ms() > *known->gone_ms + kSlackMs))
    return "is let in, and its key is not one of its provider's";
  const std::uint64_t age_ms = now_ms() - *told_.at_ms;
  if (age_ms > settings_.times.keep_ms + kSlackMs)
    return fmt::format("is let in with keys that were fetched {} s ago", age_ms / 1000);
  return {};
}

// Refused: its key is not known, although the process asks for it.
std::string Provider::fault_of_refusal(const Known* known, const Error& error, bool asked) const {
  const std::uint64_t now = now_ms();
  const identity::KeyCache::Times& times = settings_.times;
  if (known != nullptr && !known->gone_ms && now > known->since_ms + kSlackMs &&
      now - *told_.at_ms < times.keep_ms)
    return "is refused, and its key is known: " + error.message;
  if (known != nullptr || !asked) return {};
  // The token makes the process ask, unless it has just asked.
  const std::uint64_t since_ms = now - told_.asked_ms.value_or(now);
  if (since_ms > times.cooldown_ms + kLongestFetchMs + kSlackMs)
    return fmt::format("is refused, and nobody has asked for keys for {} s", since_ms / 1000);
  return {};
}

// Old keys are asked for again when somebody needs them.
std::string Provider::fault_of_age() {
  const std::uint64_t now = now_ms();
  if (!told_.at_ms || now - *told_.at_ms <= settings_.times.fresh_ms) return {};
  if (now - told_.asked_ms.value_or(now) <= settings_.times.cooldown_ms) return {};
  if (!told_.stale_ms) told_.stale_ms = now;
  if (now - *told_.stale_ms <= kSlackMs) return {};
  return fmt::format("is judged with keys that are {} s old, and nobody asks for new ones",
                     (now - *told_.at_ms) / 1000);
}

}  // namespace syncline::sim
