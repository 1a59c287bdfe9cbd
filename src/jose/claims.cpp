#include "jose/claims.h"

#include <algorithm>
#include <utility>

#include "jose/jws.h"

namespace syncline::jose {
namespace {

constexpr double kMostSeconds = 253'402'300'799;  // the end of the year 9999

std::unexpected<Error> bad_claim(std::string_view name) {
  return fail(ErrorCode::kMalformed, "the claim '" + std::string(name) + "' is not well formed");
}

Result<void> take_text(const crdt::Any& all, std::string_view name, std::string& into) {
  const crdt::Any* const claim = all.find(name);
  if (claim == nullptr) return {};
  const auto* const text = std::get_if<std::string>(&claim->value());
  if (text == nullptr) return bad_claim(name);
  into = *text;
  return {};
}

// NumericDate: seconds since 1970, perhaps with a fraction.
Result<void> take_time(const crdt::Any& all, std::string_view name,
                       std::optional<std::uint64_t>& into) {
  const crdt::Any* const claim = all.find(name);
  if (claim == nullptr) return {};
  const auto* const seconds = std::get_if<double>(&claim->value());
  if (seconds == nullptr || !(*seconds >= 0 && *seconds <= kMostSeconds)) return bad_claim(name);
  into = static_cast<std::uint64_t>(*seconds * 1000);
  return {};
}

Result<void> take_audience(const crdt::Any& all, std::vector<std::string>& into) {
  const crdt::Any* const claim = all.find("aud");
  if (claim == nullptr) return {};
  if (const auto* const text = std::get_if<std::string>(&claim->value())) {
    into.push_back(*text);
    return {};
  }
  const auto* const list = std::get_if<crdt::Any::Array>(&claim->value());
  if (list == nullptr) return bad_claim("aud");
  for (const crdt::Any& member : *list) {
    const auto* const text = std::get_if<std::string>(&member.value());
    if (text == nullptr) return bad_claim("aud");
    into.push_back(*text);
  }
  return {};
}

std::unexpected<Error> refused(std::string reason) {
  return fail(ErrorCode::kUnauthorized, std::move(reason));
}

}  // namespace

Result<std::string> claimed_issuer(std::string_view token) {
  const auto jws = parse_jws(token);
  if (!jws) return std::unexpected(jws.error());
  auto claims = parse_claims(jws->payload);
  if (!claims) return std::unexpected(std::move(claims.error()));
  return std::move(claims->issuer);
}

Result<Claims> parse_claims(ByteView payload) {
  auto all = crdt::from_json(as_text(payload));
  if (!all || !std::holds_alternative<crdt::Any::Object>(all->value()))
    return fail(ErrorCode::kMalformed, "the token holds no JSON object");
  Claims claims;
  for (const auto& taken :
       {take_text(*all, "iss", claims.issuer), take_text(*all, "sub", claims.subject),
        take_text(*all, "jti", claims.id), take_audience(*all, claims.audience),
        take_time(*all, "exp", claims.expires_ms), take_time(*all, "nbf", claims.not_before_ms),
        take_time(*all, "iat", claims.issued_ms)})
    if (!taken) return std::unexpected(taken.error());
  claims.all = std::move(*all);
  return claims;
}

Result<void> check_claims(const Claims& claims, const Terms& terms, std::uint64_t now_ms) {
  const auto names_one_of = [](const std::vector<std::string>& wanted, const std::string& name) {
    return std::ranges::find(wanted, name) != wanted.end();
  };
  if (!terms.issuers.empty() && !names_one_of(terms.issuers, claims.issuer))
    return refused("the token is of another issuer");
  if (!terms.audiences.empty() &&
      std::ranges::none_of(claims.audience, [&](const std::string& name) {
        return names_one_of(terms.audiences, name);
      }))
    return refused("the token is for another audience");
  if (!claims.expires_ms && terms.must_expire) return refused("the token never expires");
  if (claims.expires_ms && now_ms >= *claims.expires_ms + terms.leeway_ms)
    return refused("the token has expired");
  if (claims.not_before_ms && now_ms + terms.leeway_ms < *claims.not_before_ms)
    return refused("the token is not valid yet");
  if (claims.issued_ms && now_ms + terms.leeway_ms < *claims.issued_ms)
    return refused("the token was issued in the future");
  return {};
}

}  // namespace syncline::jose
