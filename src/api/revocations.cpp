// What is revoked: revoking tokens by what names them, listing revocations, and undoing them (identity/revocations.h).
//
// Everybody reaches only the revocations of his tenant, unless he may see, or change, all tenants.
#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/json_body.h"
#include "api/reach.h"
#include "api/route.h"
#include "api/support.h"
#include "base/base64.h"
#include "identity/api_key.h"
#include "identity/names.h"
#include "node/revoke.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

using identity::Revocation;

// ---- what is asked for

// The members of a revocation: those of the body, or else the parameters of the query.
struct RevocationWish {
  std::string principal;
  std::string token_id;
  std::string key_id;
  std::string issuer;
  std::string tenant;
  std::uint64_t until_ms = 0;
};

Result<RevocationWish> read_query_wish(const http::Request& request) {
  const auto asked = [&](std::string_view name) {
    return http::query_parameter(request.query, name).value_or("");
  };
  const auto until = number(request, "until", 0);
  if (!until) return std::unexpected(until.error());
  return RevocationWish{.principal = asked("principal"),
                        .token_id = asked("token_id"),
                        .key_id = asked("key_id"),
                        .issuer = asked("issuer"),
                        .tenant = asked("tenant"),
                        .until_ms = *until};
}

Result<RevocationWish> read_revocation_wish(const http::Request& request) {
  if (request.body.empty()) return read_query_wish(request);
  auto body =
      JsonBody::read(request, {"principal", "token_id", "key_id", "issuer", "tenant", "until"});
  if (!body) return std::unexpected(std::move(body.error()));
  RevocationWish wish{.principal = body->text("principal"),
                      .token_id = body->text("token_id"),
                      .key_id = body->text("key_id"),
                      .issuer = body->text("issuer"),
                      .tenant = body->text("tenant"),
                      .until_ms = body->number("until")};
  if (!body->error()) return std::unexpected(body->error().error());
  return wish;
}

Result<void> name_what(const RevocationWish& wish, Revocation& revocation) {
  int named = 0;
  for (const auto& [id, of] : {std::pair(&wish.principal, Revocation::Of::kPrincipal),
                               std::pair(&wish.token_id, Revocation::Of::kToken),
                               std::pair(&wish.key_id, Revocation::Of::kKey)}) {
    if (id->empty()) continue;
    ++named;
    revocation.of = of;
    revocation.id = *id;
  }
  if (named != 1)
    return fail(ErrorCode::kInvalid, "name one thing to revoke: principal, token_id or key_id");
  if (revocation.of == Revocation::Of::kKey)
    if (const auto id = identity::key_id_of(revocation.id))
      revocation.id = identity::token_of_key(*id);
  return {};
}

Result<Revocation> asked_revocation(const Call& call) {
  auto wish = read_revocation_wish(call.request);
  if (!wish) return std::unexpected(std::move(wish.error()));
  const std::string_view own = identity::tenant_of(call.caller.principal);
  Revocation revocation{.issuer = wish->issuer,
                        .tenant = wish->tenant.empty() ? std::string(own) : wish->tenant,
                        .until_ms = wish->until_ms};
  if (auto named = name_what(*wish, revocation); !named)
    return std::unexpected(std::move(named.error()));
  if (revocation.of == Revocation::Of::kPrincipal)
    revocation.before_ms = call.shard.scheduler.unix_ms();
  if (revocation.tenant == identity::kDefaultTenant) revocation.tenant.clear();
  if (revocation.tenant != own && !reaches_all(call.caller, kChangesAllTenants))
    return fail(ErrorCode::kForbidden, "this is another tenant's");
  return revocation;
}

log::Done<void> answer_done(http::Responder responder) {
  return [responder = std::move(responder)](Result<void> done) mutable {
    responder.respond(done ? no_content() : to_response(done.error()));
  };
}

void revoke_named(Call call) {
  auto revocation = asked_revocation(call);
  if (!revocation) return call.refuse(revocation.error());
  node::revoke(call.context.shards, call.shard, {std::move(*revocation)},
               answer_done(std::move(call.responder)));
}

// ---- listing

// The id of a revocation for clients is its key, as text for a path.
std::string id_of(const Revocation& revocation) {
  return to_base64url(as_bytes(identity::revocation_key(revocation)));
}

std::optional<std::string> key_named(std::string_view id) {
  const auto key = from_base64url(id);
  return key ? std::optional<std::string>(as_text(*key)) : std::nullopt;
}

std::string_view kind_of(Revocation::Of of) {
  switch (of) {
    case Revocation::Of::kToken: return "token_id";
    case Revocation::Of::kKey: return "key_id";
    case Revocation::Of::kPrincipal: return "principal";
  }
  return "token_id";
}

std::string moment_json(std::uint64_t ms) {
  return ms == 0 ? "null" : fmt::format("\"{}\"", protocol::time_text(ms));
}

std::string revocation_json(const Revocation& revocation) {
  return fmt::format(
      R"({{"revocation":"{}","of":"{}","id":{},"issuer":{},"tenant":{},"before":{},"until":{}}})",
      id_of(revocation), kind_of(revocation.of), protocol::name_json(revocation.id),
      protocol::name_json(revocation.issuer), protocol::name_json(revocation.tenant),
      moment_json(revocation.before_ms), moment_json(revocation.until_ms));
}

// Those of the caller's tenant; of all tenants, for whoever may see all.
std::optional<std::string> tenant_shown(const identity::Caller& caller) {
  if (reaches_all(caller, kSeesAllTenants)) return std::nullopt;
  return std::string(identity::tenant_of(caller.principal));
}

void list_revocations(Call call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  const auto after = key_named(http::query_parameter(call.request.query, "after").value_or(""));
  if (!after) return call.refuse({ErrorCode::kInvalid, "after: this is no id of a revocation"});
  const auto page = call.shard.revocations.list(tenant_shown(call.caller), *after, *limit,
                                                call.shard.scheduler.unix_ms());
  std::string list;
  for (const Revocation& each : page) list += (list.empty() ? "" : ",") + revocation_json(each);
  const std::string next = page.size() < *limit ? "null" : "\"" + id_of(page.back()) + "\"";
  call.answer(
      http::json_response(200, fmt::format("{{\"revocations\":[{}],\"next\":{}}}\n", list, next)));
}

// ---- undoing

// Of another tenant's, nobody learns whether there is one.
void undo_revocation(Call call) {
  const auto key = key_named(call.path.item);
  const auto tenant =
      key ? call.shard.revocations.tenant_of_key(*key) : std::optional<std::string>();
  const bool reached = tenant && (*tenant == identity::tenant_of(call.caller.principal) ||
                                  reaches_all(call.caller, kChangesAllTenants));
  if (!reached) return call.refuse({ErrorCode::kNotFound, "there is no such revocation"});
  node::allow_again(call.context.shards, call.shard, *key, answer_done(std::move(call.responder)));
}

constexpr Route kRevocationRoutes[] = {
    {"GET", "/v1/revocations", Right::kSessions, list_revocations},
    {"POST", "/v1/revocations", Right::kRevoke, revoke_named},
    {"DELETE", "/v1/revocations/{revocation}", Right::kRevoke, undo_revocation},
};

}  // namespace

std::span<const Route> revocation_routes() {
  return kRevocationRoutes;
}

}  // namespace syncline::api
