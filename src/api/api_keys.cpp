// API keys (identity/api_key.h): making, listing and revoking them.
#include "api/api_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/json_body.h"
#include "api/route.h"
#include "api/support.h"
#include "identity/claim_rules.h"
#include "identity/names.h"
#include "node/revoke.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

using identity::ApiKey;
using protocol::json_string;

constexpr std::uint64_t kMostSeconds = std::uint64_t{100} * 366 * 86'400;  // a century

KeyOwner owner_of(const identity::Caller& caller) {
  if (caller.local) return std::nullopt;
  const identity::Identity* identity = caller.principal.identity.get();
  return identity == nullptr ? std::string() : identity->tenant;
}

std::string key_time(std::uint64_t unix_ms) {
  return unix_ms == 0 ? "null" : "\"" + protocol::time_text(unix_ms) + "\"";
}

// Without the secret, and without its hash. `more` stands at the beginning.
std::string key_json(const ApiKey& key, const std::string& more = {}) {
  return fmt::format(
      R"({{{}"id":{},"label":{},"principal":{},"name":{},"tenant":{},"rights":{},"for_others":{},)"
      R"("workspace":{},"object":{},"made_by":{},"made":{},"expires":{},"last_used":{},"revoked":{}}})",
      more, json_string(key.id), json_string(key.label), json_string(key.principal),
      json_string(key.name), json_string(key.tenant), json_string(key.rights), key.for_others,
      json_string(key.workspace), json_string(key.object), json_string(key.made_by),
      key_time(key.made_ms), key_time(key.expires_ms), key_time(key.used_ms),
      key_time(key.revoked_ms));
}

Result<void> check_texts(const ApiKey& key) {
  for (const std::string* text : {&key.label, &key.principal, &key.name})
    if (text->size() > identity::kMaxKeyTextBytes)
      return fail(ErrorCode::kInvalid,
                  fmt::format("label, principal and name have at most {} bytes each",
                              identity::kMaxKeyTextBytes));
  if (key.workspace.empty() && !key.object.empty())
    return fail(ErrorCode::kInvalid, "an object is named with its workspace");
  if (!key.workspace.empty())
    if (auto valid = identity::check_workspace_name(key.workspace); !valid) return valid;
  return key.object.empty() ? Result<void>() : identity::check_object_id(key.object);
}

// What the key allows where it is used: within a tenant, nobody has the rights that concern the whole server
// (limits::TenantDoor).
std::optional<identity::Rights> rights_of(const ApiKey& key) {
  auto rights = identity::rights_named(key.rights);
  if (!rights) return std::nullopt;
  if (key.for_others) rights = rights->with(Right::kMintForOthers);
  return key.tenant.empty() ? *rights : rights->without(identity::Rights::of_the_server());
}

// A key has no more rights than whoever makes it.
Result<void> check_grant(const ApiKey& key, identity::Rights creator) {
  const auto rights = rights_of(key);
  if (!rights) return fail(ErrorCode::kInvalid, "rights are read, write or admin");
  if (!rights->within(creator))
    return fail(ErrorCode::kForbidden, "this token may not give rights that it does not have");
  return {};
}

// Events name the principal of the key. Only who may name others in a ticket may name another one here.
Result<void> check_holder(const ApiKey& key, const identity::Caller& creator) {
  if (key.principal.empty() || key.principal == creator.principal.id) return {};
  if (identity::is_reserved_id(key.principal))
    return fail(ErrorCode::kForbidden, "this id of a principal belongs to the server");
  if (!creator.rights.has(Right::kMintForOthers))
    return fail(ErrorCode::kForbidden, "this token may not say who somebody is");
  return {};
}

Result<ApiKey> read_key_wish(const Call& call) {
  auto body = JsonBody::read(call.request, {"label", "principal", "name", "rights", "for_others",
                                            "workspace", "object", "expires_in_s"});
  if (!body) return std::unexpected(std::move(body.error()));
  ApiKey key{.label = body->text("label"),
             .principal = body->text("principal"),
             .name = body->text("name"),
             .tenant = owner_of(call.caller).value_or(""),
             .rights = body->text("rights"),
             .for_others = body->flag("for_others"),
             .workspace = body->text("workspace"),
             .object = body->text("object"),
             .made_by = call.caller.principal.id};
  const std::uint64_t seconds = body->number("expires_in_s");
  if (!body->error()) return std::unexpected(body->error().error());
  if (seconds > kMostSeconds) return fail(ErrorCode::kInvalid, "expires_in_s is too large");
  if (auto fits = check_texts(key); !fits) return std::unexpected(std::move(fits.error()));
  if (auto may = check_grant(key, call.caller.rights); !may)
    return std::unexpected(std::move(may.error()));
  if (auto may = check_holder(key, call.caller); !may)
    return std::unexpected(std::move(may.error()));
  key.made_ms = call.shard.scheduler.unix_ms();
  key.expires_ms = seconds == 0 ? 0 : key.made_ms + seconds * 1000;
  return key;
}

void make_key(Call call) {
  if (call.context.api_keys == nullptr) return call.refuse(not_here("API keys"));
  auto key = read_key_wish(call);
  if (!key) return call.refuse(key.error());
  const identity::NewKey made = identity::new_key(*call.shard.random);
  key->id = made.id;
  key->secret_hash = identity::hash_of_secret(made.secret);
  if (key->principal.empty()) key->principal = "key:" + made.id;
  const std::string shown = key_json(*key, "\"key\":" + json_string(made.text()) + ",");
  call.context.api_keys->add(std::move(*key),
                             [call = std::move(call), shown](Result<void> stored) mutable {
                               if (!stored) return call.refuse(stored.error());
                               http::Response response = http::json_response(201, shown + "\n");
                               response.headers.emplace_back("Cache-Control", "no-store");
                               call.answer(std::move(response));
                             });
}

void list_keys(Call call) {
  if (call.context.api_keys == nullptr) return call.refuse(not_here("API keys"));
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  const std::string after = http::query_parameter(call.request.query, "after").value_or("");
  const auto keys = call.context.api_keys->list(owner_of(call.caller), after, *limit);
  std::string list;
  for (const ApiKey& key : keys) list += (list.empty() ? "" : ",") + key_json(key);
  const std::string next = keys.size() < *limit ? "null" : json_string(keys.back().id);
  call.answer(
      http::json_response(200, fmt::format(R"({{"api_keys":[{}],"next":{}}})", list, next) + "\n"));
}

// Sessions with the key, and with tickets that its holder minted, end on all loops. The key is worthless for ever; the
// revocation that ends them need not last longer than a ticket.
void end_sessions_of(Call call, const std::string& id, const KeyOwner& owner) {
  identity::Revocation revocation{
      .of = identity::Revocation::Of::kKey,
      .id = identity::token_of_key(id),
      .tenant = owner.value_or(""),
      .until_ms = call.shard.scheduler.unix_ms() + call.context.ticket_limits.most_ms};
  const node::Shards& shards = call.context.shards;
  node::Shard& here = call.shard;
  node::revoke(shards, here, {std::move(revocation)}, [call = std::move(call)](auto ended) mutable {
    if (!ended) return call.refuse(ended.error());
    http::Response gone;
    gone.status = 204;
    call.answer(std::move(gone));
  });
}

void revoke_key(Call call) {
  if (call.context.api_keys == nullptr) return call.refuse(not_here("API keys"));
  const auto found = identity::key_id_of(call.path.item);
  if (!found) return call.refuse({ErrorCode::kInvalid, "this is no id of a key"});
  const std::string id(*found);
  const KeyOwner owner = owner_of(call.caller);
  const std::uint64_t now_ms = call.shard.scheduler.unix_ms();
  ApiKeys& keys = *call.context.api_keys;
  Scheduler& home = call.shard.scheduler;
  keys.revoke(owner, id, now_ms,
              [call = std::move(call), id, owner, &home](Result<void> done) mutable {
                home.post([call = std::move(call), id, owner, done = std::move(done)]() mutable {
                  if (!done) return call.refuse(done.error());
                  end_sessions_of(std::move(call), id, owner);
                });
              });
}

constexpr Route kApiKeyRoutes[] = {
    {"GET", "/v1/api-keys", Right::kSeeKeys, list_keys},
    {"POST", "/v1/api-keys", Right::kManageKeys, make_key},
    {"DELETE", "/v1/api-keys/{key}", Right::kManageKeys, revoke_key},
};

}  // namespace

std::span<const Route> api_key_routes() {
  return kApiKeyRoutes;
}

}  // namespace syncline::api
