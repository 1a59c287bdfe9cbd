#include "identity/jwt_authenticator.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "base/mutation.h"
#include "base/sha256.h"

namespace syncline::identity {

// What was verified, by the hash of the token, so that no token is kept.
struct JwtAuthenticator::Memory {
  struct Entry {
    Principal principal;
    Keys keys;  // the set that verified it
    std::uint64_t ends_ms;
    std::uint64_t begins_ms;  // the clock may be set back
  };

  std::map<Hash256, Entry> entries;
  std::deque<Hash256> order;  // the oldest first; each entry is in it once

  const Principal* find(const Hash256& hash, const Keys& keys, std::uint64_t now_ms) const {
    const auto found = entries.find(hash);
    if (found == entries.end()) return nullptr;
    const Entry& entry = found->second;
    const bool same = entry.keys == keys || is_mutated(Mutation::remember_removed_key);
    const bool valid = same && now_ms < entry.ends_ms && now_ms >= entry.begins_ms;
    return valid ? &entry.principal : nullptr;
  }

  void put(const Hash256& hash, Entry entry) {
    if (entries.insert_or_assign(hash, std::move(entry)).second) order.push_back(hash);
    if (order.size() <= kMaxRemembered) return;
    entries.erase(order.front());
    order.pop_front();
  }
};

namespace {

// Tokens for other purposes, such as security events, are signed with the same keys (RFC 8725, section 3.11).
bool is_for_access(std::string_view type) {
  std::string lower(type);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (lower.starts_with("application/")) lower.erase(0, 12);
  return lower.empty() || lower == "jwt" || lower == "at+jwt";
}

// What a stranger may know.
Error refusal_of(const Error& error) {
  if (error.code == ErrorCode::kUnavailable) return error;
  return {ErrorCode::kUnauthorized, error.message};
}

}  // namespace

Result<Principal> principal_of(const jose::Jws& jws, const JwtAuthenticator::Rules& rules,
                               std::uint64_t now_ms) {
  if (!is_for_access(jws.type))
    return fail(ErrorCode::kUnauthorized, "the token is for another purpose");
  const auto claims = jose::parse_claims(jws.payload);
  if (!claims) return std::unexpected(refusal_of(claims.error()));
  if (auto fit = jose::check_claims(*claims, rules.terms, now_ms); !fit)
    return std::unexpected(std::move(fit.error()));
  auto mapped = map_claims(claims->all, rules.claims);
  if (!mapped) return std::unexpected(std::move(mapped.error()));
  Identity& identity = mapped->identity;
  identity.source = Identity::Source::kJwt;
  identity.issuer = claims->issuer;
  identity.token = claims->id;
  identity.issued_ms = claims->issued_ms.value_or(0);
  // A session ends when the token is refused, and not before.
  if (claims->expires_ms) identity.expires_ms = *claims->expires_ms + rules.terms.leeway_ms;
  return Principal{.id = std::move(mapped->id),
                   .rights = mapped->rights,
                   .identity = std::make_shared<const Identity>(std::move(identity))};
}

JwtAuthenticator::JwtAuthenticator(Rules rules, KeySource& keys, JwtCounters& counters)
    : rules_(std::move(rules)),
      keys_(keys),
      counters_(counters),
      memory_(std::make_unique<Memory>()) {}

JwtAuthenticator::~JwtAuthenticator() = default;

void JwtAuthenticator::authenticate(const Credential& credential, Scheduler& loop,
                                    Done done) const {
  if (credential.token.size() > jose::kMaxTokenBytes) {
    ++counters_.refused;
    return done(fail(ErrorCode::kUnauthorized, "the token is too long"));
  }
  const Hash256 hash = sha256(as_bytes(credential.token));
  const Keys known = keys_.keys();
  const std::uint64_t now_ms = loop.unix_ms();
  if (const Principal* const found = memory_->find(hash, known, now_ms)) {
    ++counters_.remembered;
    return done(*found);
  }
  auto jws = jose::parse_jws(credential.token);
  if (!jws) {
    ++counters_.refused;
    return done(std::unexpected(refusal_of(jws.error())));
  }
  // Judges the token with these keys. nullopt: others are needed.
  const auto judge = [this, hash](const jose::Jws& token, const Keys& keys,
                                  std::uint64_t now) -> std::optional<Result<Principal>> {
    if (keys == nullptr) return std::nullopt;
    if (auto right = jose::verify(token, *keys, rules_.algorithms); !right) {
      if (right.error().code == ErrorCode::kNotFound) return std::nullopt;
      return std::unexpected(refusal_of(right.error()));
    }
    auto principal = principal_of(token, rules_, now);
    if (principal && principal->expires_ms() != 0)
      memory_->put(hash, {*principal, keys, principal->expires_ms(), now});
    return principal;
  };
  const auto answer = [this](Done& to, Result<Principal> judged) {
    ++(judged                                           ? counters_.accepted
       : judged.error().code == ErrorCode::kUnavailable ? counters_.unavailable
                                                        : counters_.refused);
    to(std::move(judged));
  };
  if (auto judged = judge(*jws, known, now_ms)) return answer(done, std::move(*judged));
  if (!credential.may_ask)
    return answer(done, fail(ErrorCode::kUnavailable, "the keys for tokens are not known yet"));
  keys_.ask(known, loop,
            [judge, answer, &loop, jws = std::move(*jws),
             done = std::move(done)](Result<Keys> keys) mutable {
              if (!keys) return answer(done, std::unexpected(std::move(keys.error())));
              auto judged = judge(jws, *keys, loop.unix_ms());
              if (!judged) judged = fail(ErrorCode::kUnauthorized, "no key is known for the token");
              answer(done, std::move(*judged));
            });
}

}  // namespace syncline::identity
