// Security Event Tokens that an identity provider pushes (RFC 8935).
#include "api/security_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/route.h"
#include "api/support.h"
#include "node/revoke.h"
#include "protocol/event_json.h"

namespace syncline::api {
namespace {

using jose::EventRefusal;
using jose::SecurityEvent;
using policy::Revocation;

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
                            const std::string& id_claim) {
  if (!subject.email.empty()) return id_claim == "email" ? subject.email : std::string();
  const bool own = subject.issuer.empty() || subject.issuer == issuer;
  return own && id_claim == "sub" ? subject.id : std::string();
}

bool is_event_token(const http::Request& request) {
  const std::string_view type = request.headers.find("Content-Type").value_or("");
  return http::equals_ignoring_case(type.substr(0, type.find(';')), kEventMediaType);
}

// On the first loop, which remembers what came.
void carry_out(Call call, const jose::SecurityEventToken& token) {
  Context& context = call.context;
  context.shards.on(0, [&context, token,
                        responder = std::move(call.responder)](node::Shard& shard) mutable {
    SecurityEvents& events = *context.security_events;
    if (!events.seen.add(token.issuer + '\n' + token.id))
      return responder.respond(accepted_response());
    auto revocations = revocations_of(token, events.id_claim(), shard.scheduler.unix_ms());
    if (revocations.empty()) return responder.respond(accepted_response());
    node::revoke(context.shards, shard, std::move(revocations),
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
        carry_out(std::move(*asked), **verified);
      });
}

constexpr Route kSecurityEventRoutes[] = {
    {"POST", "/v1/security-events", Right::kRevoke, take_security_event},
};

}  // namespace

std::vector<Revocation> revocations_of(const jose::SecurityEventToken& token,
                                       const std::string& id_claim, std::uint64_t now_ms) {
  std::vector<Revocation> revocations;
  for (const SecurityEvent& event : token.events) {
    if (event.kind == SecurityEvent::Kind::kOther || !event.subject) continue;
    if (event.at_ms + kSecurityEventMs <= now_ms) continue;
    Revocation revocation{.of = Revocation::Of::kPrincipal,
                          .id = principal_named(*event.subject, token.issuer, id_claim),
                          .issuer = token.issuer,
                          .tenant = std::string(policy::kEveryTenant),
                          // Tokens say in whole seconds when they were issued.
                          .before_ms = std::min(event.at_ms, now_ms) + 1,
                          .until_ms = now_ms + kSecurityEventMs};
    if (policy::check_revocation(revocation)) revocations.push_back(std::move(revocation));
  }
  return revocations;
}

std::span<const Route> security_event_routes() {
  return kSecurityEventRoutes;
}

}  // namespace syncline::api
