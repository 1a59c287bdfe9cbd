// Security Event Tokens that an identity provider pushes (RFC 8935).
#include "api/security_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/reach.h"
#include "api/route.h"
#include "api/support.h"
#include "identity/person.h"
#include "node/revoke.h"
#include "protocol/event_json.h"

namespace syncline::api {
namespace {

using identity::Revocation;
using jose::EventRefusal;
using jose::SecurityEvent;

constexpr std::string_view kEventMediaType = "application/secevent+jwt";

http::Response refusal_response(const EventRefusal& refusal) {
  http::Response response = http::json_response(
      400, fmt::format("{{\"err\":\"{}\",\"description\":{}}}\n", name_of(refusal.code),
                       protocol::name_json(refusal.reason)));
  response.headers.emplace_back("Content-Language", "en");
  return response;
}

http::Response accepted_response() {
  http::Response response;
  response.status = 202;
  return response;
}

// The id of the principal; "": it stands for nobody whom this server knows by that.
std::string principal_named(const jose::EventSubject& subject, const std::string& issuer,
                            const EventScope& scope) {
  if (!subject.email.empty())
    return scope.id_claim == "email" ? scope.id_prefix + subject.email : std::string();
  const bool own = subject.issuer.empty() || subject.issuer == issuer;
  return own && scope.id_claim == "sub" ? scope.id_prefix + subject.id : std::string();
}

bool is_event_token(const http::Request& request) {
  const std::string_view type = request.headers.find("Content-Type").value_or("");
  return http::equals_ignoring_case(type.substr(0, type.find(';')), kEventMediaType);
}

// Nobody revokes tokens of another tenant, also with an event that its issuer has signed.
void keep_within_tenant(const identity::Caller& caller, EventScope& scope) {
  if (!reaches_all(caller, kChangesAllTenants))
    scope.tenant = identity::tenant_of(caller.principal);
}

// On the first loop, which remembers what came.
void carry_out(Call call, SecurityEvents::Verified verified) {
  Context& context = call.context;
  keep_within_tenant(call.caller, verified.scope);
  context.shards.on(0, [&context, verified = std::move(verified),
                        responder = std::move(call.responder)](node::Shard& shard) mutable {
    const auto& [token, scope] = verified;
    if (!context.security_events->seen.add(
            fmt::format("{}\n{}\n{}", scope.tenant, token.issuer, token.id)))
      return responder.respond(accepted_response());
    EventEffects effects = effects_of(token, scope, shard.scheduler.unix_ms());
    node::look_again(context.shards, std::move(effects.outdated));
    if (effects.revoked.empty()) return responder.respond(accepted_response());
    node::revoke(context.shards, shard, std::move(effects.revoked),
                 [responder = std::move(responder)](Result<void> revoked) mutable {
                   responder.respond(revoked ? accepted_response() : to_response(revoked.error()));
                 });
  });
}

void take_security_event(Call call) {
  SecurityEvents* const events = call.context.security_events;
  if (events == nullptr)
    return call.refuse({ErrorCode::kUnsupported,
                        "this server knows no keys of an issuer, and takes no security events"});
  if (!is_event_token(call.request))
    return call.answer(refusal_response(
        {EventRefusal::Code::kInvalidRequest, "the media type is not application/secevent+jwt"}));
  std::string token = call.request.body;
  Scheduler& loop = call.shard.scheduler;
  events->verify(
      std::move(token), loop,
      [asked = std::make_shared<Call>(std::move(call))](Result<SecurityEvents::Taken> verified) {
        if (!verified) return asked->refuse(verified.error());
        if (!*verified) return asked->answer(refusal_response(verified->error()));
        carry_out(std::move(*asked), std::move(**verified));
      });
}

constexpr Route kSecurityEventRoutes[] = {
    {"POST", "/v1/security-events", Right::kRevoke, take_security_event},
};

}  // namespace

EventEffects effects_of(const jose::SecurityEventToken& token, const EventScope& scope,
                        std::uint64_t now_ms) {
  EventEffects effects;
  const std::string& issuer = scope.issuer.empty() ? token.issuer : scope.issuer;
  for (const SecurityEvent& event : token.events) {
    if (event.kind == SecurityEvent::Kind::kOther || !event.subject) continue;
    if (event.at_ms + kSecurityEventMs <= now_ms) continue;
    Revocation older{.of = Revocation::Of::kPrincipal,
                     .id = principal_named(*event.subject, issuer, scope),
                     .issuer = issuer,
                     .tenant = scope.tenant,
                     // Tokens say in whole seconds when they were issued.
                     .before_ms = std::min(event.at_ms, now_ms) + 1,
                     .until_ms = now_ms + kSecurityEventMs};
    if (!identity::check_revocation(older)) continue;
    const bool changed = event.kind == SecurityEvent::Kind::kTokenClaimsChange;
    (changed ? effects.outdated : effects.revoked).push_back(std::move(older));
  }
  return effects;
}

std::span<const Route> security_event_routes() {
  return kSecurityEventRoutes;
}

}  // namespace syncline::api
