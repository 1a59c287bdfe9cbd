#include "sim/issuer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/invariants.h"
#include "sim/rights.h"

namespace syncline::sim {
namespace {

// Within which a server that runs ends what is open with a token.
constexpr std::uint64_t kEndsWithinUs = 10 * kSecond;
// A server may count a token as over so much before, because its clocks are too fast.
constexpr std::uint64_t kEarlyUs = kSecond;
constexpr std::uint64_t kForEverUs = 24 * 3600 * kSecond;

// "token-3.17.": the shared token of the client, the id, and the form of a JWT.
std::string token_text(std::size_t number, std::string_view id) {
  return fmt::format("{}.{}.", Rights::token_of(number), id);
}

std::string_view id_in(std::string_view token) {
  token.remove_prefix(std::min(token.find('.') + 1, token.size()));
  return token.substr(0, token.find('.'));
}

}  // namespace

// Answers at once when there is no peer: the simulator makes sessions of y-websocket in one turn.
class Issuer::Judge final : public identity::Authenticator {
 public:
  Judge(Issuer& issuer, const identity::Access& shared, Dice dice)
      : issuer_(issuer), shared_(shared), dice_(dice) {}

  bool open() const override { return false; }

  void authenticate(const identity::Credential& credential, Scheduler& loop,
                    Done done) const override {
    if (credential.peer.empty() || dice_.chance(0.5))
      return done(issuer_.judge(shared_, credential.token, loop));
    // Keys are being fetched. It is judged by the clock of that moment.
    loop.after(dice_.below(2'000),
               [this, token = std::string(credential.token), &loop,
                done = std::move(done)]() mutable { done(issuer_.judge(shared_, token, loop)); });
  }

 private:
  Issuer& issuer_;
  const identity::Access& shared_;
  mutable Dice dice_;
};

Issuer::Issuer(World& world, Server& server, IssuerSettings settings)
    : world_(world),
      server_(server),
      settings_(settings),
      operator_(world, server, std::string(Rights::kOperator)),
      dice_(world.dice.fork("issuer")) {}

void Issuer::start() {
  if (settings_.on && settings_.revoke_every_us > 0) revoke_later();
}

void Issuer::rolled_back() {
  for (auto& [id, token] : tokens_) {
    token.perhaps_revoked = token.perhaps_revoked || token.revoked_us > 0;
    token.revoked_us = 0;
  }
}

std::string Issuer::issue(std::size_t number) {
  const std::string id = fmt::format("{}", ++last_id_);
  const std::uint64_t mean_us = settings_.lifetime_us;
  const std::uint64_t lifetime_us =
      healed_ ? kForEverUs : dice_.between(mean_us / 2, mean_us * 3 / 2);
  tokens_[id] = {
      .number = number, .issued_us = world_.now_us(), .expires_us = world_.now_us() + lifetime_us};
  return token_text(number, id);
}

const Issuer::Token* Issuer::find(std::string_view token) const {
  const auto found = tokens_.find(id_in(token));
  return found == tokens_.end() ? nullptr : &found->second;
}

bool Issuer::refusable(const std::string& token) const {
  const Token* const found = find(token);
  if (found == nullptr) return false;
  const std::uint64_t lifetime_us = found->expires_us - found->issued_us;
  const std::uint64_t early_us = std::min(lifetime_us, kEarlyUs + lifetime_us / 1000);
  return found->perhaps_revoked || world_.now_us() + early_us >= found->expires_us;
}

std::unique_ptr<identity::Authenticator> Issuer::judge(const identity::Access& shared) {
  return std::make_unique<Judge>(*this, shared, world_.dice.fork("judge", world_.now_us()));
}

Result<identity::Principal> Issuer::judge(const identity::Access& shared, std::string_view token,
                                          const Scheduler& loop) const {
  auto principal = shared.authenticate(token.substr(0, token.find('.')));
  if (!principal) return principal;
  const Token* const found = find(token);
  if (found == nullptr) return fail(ErrorCode::kUnauthorized, "unknown token");
  const std::uint64_t now_us = world_.now_us();
  if (now_us >= found->expires_us) return fail(ErrorCode::kUnauthorized, "the token has expired");
  auto identity = principal->identity == nullptr ? identity::Identity{} : *principal->identity;
  identity.source = identity::Identity::Source::kJwt;
  identity.token = id_in(token);
  identity.issued_ms = loop.unix_ms() - (now_us - found->issued_us) / 1000;
  identity.expires_ms = loop.unix_ms() + (found->expires_us - now_us) / 1000;
  principal->identity = std::make_shared<const identity::Identity>(std::move(identity));
  return principal;
}

// ---- the operator

void Issuer::revoke_later() {
  const auto mean_us = static_cast<double>(settings_.revoke_every_us);
  world_.timeline.after(1 + dice_.wait(mean_us), [this] {
    if (healed_) return;
    switch (dice_.below(4)) {
      case 0: kick(); break;
      case 1: present_revoked(); break;
      default: revoke();
    }
    revoke_later();
  });
}

void Issuer::revoke() {
  if (server_.process() == nullptr || tokens_.empty()) return;
  // Most often, one of those that are used now.
  const std::uint64_t back = dice_.below(std::min<std::uint64_t>(last_id_, 6));
  const std::string id = fmt::format("{}", last_id_ - back);
  tokens_[id].perhaps_revoked = true;  // whether or not this is confirmed
  operator_.ask(
      "POST", "/v1/revocations?token_id=" + id, [this, id](const ApiUser::Answer& answer) {
        if (answer.status == 503 || answer.status == 500) return;  // the disk refuses
        if (!answer.ok())
          return world_.violated(kTokens, fmt::format("a revocation is refused: {}", answer.body));
        world_.hit(Probe::token_revoked);
        tokens_[id].revoked_us = world_.now_us();
      });
}

void Issuer::kick() {
  if (server_.process() == nullptr) return;
  operator_.ask("GET", "/v1/sessions?limit=10", [this](const ApiUser::Answer& answer) {
    if (!answer.ok()) return;
    // The first id of the list.
    constexpr std::string_view kBefore = "\"session\":\"";
    const std::size_t at = answer.body.find(kBefore);
    if (at == answer.body.npos || server_.process() == nullptr) return;
    const std::string id = answer.body.substr(at + kBefore.size(), 28);
    operator_.ask("POST", "/v1/sessions/" + id + "/kick", [this](const ApiUser::Answer& kicked) {
      if (kicked.ok()) world_.hit(Probe::session_kicked);
    });
  });
}

// Somebody kept a token that was revoked, and tries it again, perhaps after a restart.
void Issuer::present_revoked() {
  std::vector<std::string> ids;
  for (const auto& [id, token] : tokens_)
    if (token.revoked_us > 0) ids.push_back(id);
  if (ids.empty() || server_.process() == nullptr) return;
  const std::string id = dice_.pick(ids);
  ApiUser(world_, server_, token_text(tokens_[id].number, id))
      .ask("GET", "/v1/workspaces", [this, id](const ApiUser::Answer& answer) {
        if (answer.ok() && tokens_[id].revoked_us > 0)
          world_.violated(kTokens,
                          fmt::format("a token of p{} that was revoked is let in over HTTP",
                                      tokens_[id].number));
        if (answer.status == 401) world_.hit(Probe::revoked_presented);
      });
}

// ---- the oracle

void Issuer::check(const identity::Principal& principal, std::string_view where) {
  if (principal.identity == nullptr) return;
  const auto found = tokens_.find(principal.identity->token);
  if (found == tokens_.end()) return;
  const Token& token = found->second;
  const auto too_late = [&](std::uint64_t end_us) {
    return world_.now_us() > std::max(end_us, runs_since_us_) + kEndsWithinUs;
  };
  const auto seconds_since = [&](std::uint64_t end_us) {
    return static_cast<double>(world_.now_us() - end_us) / 1e6;
  };
  if (token.revoked_us > 0 && too_late(token.revoked_us))
    world_.violated(
        kTokens, fmt::format("{} is open with a token of p{} that was revoked {:.1f} s ago", where,
                             token.number, seconds_since(token.revoked_us)));
  if (too_late(token.expires_us))
    world_.violated(kTokens, fmt::format("{} is open with a token of p{} that expired {:.1f} s ago",
                                         where, token.number, seconds_since(token.expires_us)));
}

void Issuer::look() {
  if (!settings_.on) return;
  const auto since_us = runs_since_.look(server_, world_.now_us());
  if (!since_us) return;
  runs_since_us_ = *since_us;
  const session::SessionTable& table = server_.process()->shard().sessions;
  static_cast<void>(table.visit(0, ~std::size_t{0} >> 1, [&](session::LiveSession& session, auto) {
    const session::SessionInfo info = session.info();
    for (const session::OpenDocument& document : info.documents)
      check(document.principal, fmt::format("{}/{}", info.workspace, document.object));
  }));
}

}  // namespace syncline::sim
