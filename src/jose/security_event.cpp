#include "jose/security_event.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "jose/jws.h"

namespace syncline::jose {
namespace {

using crdt::Any;
using Code = EventRefusal::Code;
using Kind = SecurityEvent::Kind;

constexpr std::string_view kEventType = "secevent+jwt";
constexpr std::string_view kCaep = "https://schemas.openid.net/secevent/caep/event-type/";
constexpr std::string_view kRisc = "https://schemas.openid.net/secevent/risc/event-type/";
constexpr double kMostEventSeconds = 253'402'300'799;  // the end of the year 9999

std::unexpected<EventRefusal> refuse_event(Code code, std::string reason) {
  return std::unexpected(EventRefusal{code, std::move(reason)});
}

std::string_view text_in(const Any& object, std::string_view name) {
  const Any* const member = object.find(name);
  const auto* const text = member == nullptr ? nullptr : std::get_if<std::string>(&member->value());
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

bool names_one_of(const std::vector<std::string>& wanted, const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [&](const std::string& name) {
    return std::ranges::find(wanted, name) != wanted.end();
  });
}

Kind kind_named(std::string_view uri) {
  if (uri.starts_with(kCaep)) {
    uri.remove_prefix(kCaep.size());
    if (uri == "session-revoked") return Kind::kSessionRevoked;
    if (uri == "token-claims-change") return Kind::kTokenClaimsChange;
  } else if (uri.starts_with(kRisc) && uri.substr(kRisc.size()) == "account-disabled") {
    return Kind::kAccountDisabled;
  }
  return Kind::kOther;
}

// The formats iss_sub, opaque and email; of a complex subject, its user.
std::optional<EventSubject> read_subject(const Any* subject) {
  if (subject == nullptr) return std::nullopt;
  if (text_in(*subject, "format") == "complex" || subject->find("user") != nullptr) {
    subject = subject->find("user");
    if (subject == nullptr) return std::nullopt;
  }
  const std::string_view format = text_in(*subject, "format");
  EventSubject found;
  if (format == "iss_sub") {
    found.issuer = text_in(*subject, "iss");
    found.id = text_in(*subject, "sub");
    if (found.issuer.empty()) return std::nullopt;
  } else if (format == "opaque") {
    found.id = text_in(*subject, "id");
  } else if (format == "email") {
    found.email = text_in(*subject, "email");
  }
  if (found.id.empty() && found.email.empty()) return std::nullopt;
  return found;
}

// Seconds since 1970, or 0 if the event does not say.
std::uint64_t event_time_ms(const Any& event) {
  const Any* const member = event.find("event_timestamp");
  const auto* const seconds = member == nullptr ? nullptr : std::get_if<double>(&member->value());
  if (seconds == nullptr || !(*seconds > 0 && *seconds <= kMostEventSeconds)) return 0;
  return static_cast<std::uint64_t>(*seconds * 1000);
}

// `whole` is the subject that the token names for all of its events; older drafts have one in each event.
SecurityEvent read_event(std::string_view uri, const Any& event, const Any* whole,
                         std::uint64_t issued_ms) {
  SecurityEvent read;
  read.kind = kind_named(uri);
  const std::uint64_t at_ms = event_time_ms(event);
  // What has not happened yet has happened when the token was issued.
  read.at_ms = at_ms == 0 ? issued_ms : std::min(at_ms, issued_ms);
  if (read.kind != Kind::kOther)
    read.subject = read_subject(whole != nullptr ? whole : event.find("subject"));
  return read;
}

}  // namespace

std::string_view name_of(EventRefusal::Code code) {
  switch (code) {
    case Code::kInvalidRequest: return "invalid_request";
    case Code::kInvalidKey: return "invalid_key";
    case Code::kInvalidIssuer: return "invalid_issuer";
    case Code::kInvalidAudience: return "invalid_audience";
  }
  return "invalid_request";
}

std::expected<SecurityEventToken, EventRefusal> read_security_events(const Claims& claims) {
  if (claims.id.empty()) return refuse_event(Code::kInvalidRequest, "the token has no jti");
  if (!claims.issued_ms) return refuse_event(Code::kInvalidRequest, "the token has no iat");
  const Any* const events = claims.all.find("events");
  const auto* const named =
      events == nullptr ? nullptr : std::get_if<Any::Object>(&events->value());
  if (named == nullptr || named->empty())
    return refuse_event(Code::kInvalidRequest, "the token has no events");
  if (named->size() > kMaxSecurityEvents)
    return refuse_event(Code::kInvalidRequest, "the token has too many events");
  SecurityEventToken token{.id = claims.id, .issuer = claims.issuer, .events = {}};
  for (const auto& [uri, event] : *named) {
    if (!std::holds_alternative<Any::Object>(event.value()))
      return refuse_event(Code::kInvalidRequest, "an event is no object");
    token.events.push_back(read_event(uri, event, claims.all.find("sub_id"), *claims.issued_ms));
  }
  return token;
}

std::expected<SecurityEventToken, EventRefusal> take_security_event_token(std::string_view token,
                                                                          const KeySet& keys,
                                                                          Algorithms allowed,
                                                                          const Terms& terms,
                                                                          std::uint64_t now_ms) {
  const auto jws = parse_jws(token);
  if (!jws) return refuse_event(Code::kInvalidRequest, jws.error().message);
  // So that no other token of the same issuer passes for an event.
  if (jws->type != kEventType && jws->type != "application/secevent+jwt")
    return refuse_event(Code::kInvalidRequest, "the token's type is not secevent+jwt");
  if (auto genuine = verify(*jws, keys, allowed); !genuine)
    return refuse_event(Code::kInvalidKey, genuine.error().message);
  const auto claims = parse_claims(jws->payload);
  if (!claims) return refuse_event(Code::kInvalidRequest, claims.error().message);
  if (!terms.issuers.empty() && !names_one_of(terms.issuers, {claims->issuer}))
    return refuse_event(Code::kInvalidIssuer, "the token is of another issuer");
  if (!terms.audiences.empty() && !names_one_of(terms.audiences, claims->audience))
    return refuse_event(Code::kInvalidAudience, "the token is for another audience");
  const Terms times{.leeway_ms = terms.leeway_ms, .must_expire = false};
  if (auto timely = check_claims(*claims, times, now_ms); !timely)
    return refuse_event(Code::kInvalidRequest, timely.error().message);
  return read_security_events(*claims);
}

}  // namespace syncline::jose
