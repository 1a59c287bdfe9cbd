// The policies and shares of a workspace (log/access_rules.h): seeing, setting and removing them.
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/route.h"
#include "api/rules.h"
#include "api/support.h"
#include "identity/link.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

using protocol::json_string;

std::string policy_json(const std::string& name, const log::HeldPolicy& policy) {
  return fmt::format(R"({{"name":{},"text":{},"set":"{}","principal":{}}})", json_string(name),
                     json_string(policy.text), protocol::time_text(policy.unix_ms),
                     json_string(policy.principal));
}

std::string share_json(const std::string& resource, const log::Grantee& to,
                       const log::HeldShare& share) {
  std::string json =
      fmt::format(R"({{"resource":{},"to":{},"role":"{}","given":"{}","principal":{})",
                  json_string(resource), json_string(to_string(to)), name_of(share.role),
                  protocol::time_text(share.unix_ms), json_string(share.principal));
  const auto end = to.kind == log::Grantee::Kind::kPrincipal ? identity::end_of_link(to.id)
                                                             : std::optional<std::uint64_t>();
  if (end) json += fmt::format(R"(,"expires":"{}")", protocol::time_text(*end));
  return json + "}";
}

void answer_nothing(Call call) {
  http::Response gone;
  gone.status = 204;
  call.answer(std::move(gone));
}

// Answers with what `show` makes of the policies and shares of the workspace.
void with_access(Call call,
                 std::move_only_function<Result<std::string>(const Call& call,
                                                             const workspace::Host::Access& access)>
                     show) {
  workspace::Host& host = call.shard.host;
  const std::string workspace = call.path.workspace;
  host.read_access(workspace, [call = std::move(call), show = std::move(show)](
                                  Result<workspace::Host::Access> access) mutable {
    if (!access) return call.refuse(access.error());
    const auto shown = show(call, *access);
    if (!shown) return call.refuse(shown.error());
    call.answer(http::json_response(200, *shown + "\n"));
  });
}

std::string reason_of(const Call& call) {
  return http::query_parameter(call.request.query, "reason").value_or("");
}

// ---- policies

void list_policies(Call call) {
  with_access(std::move(call), [](const Call&, const workspace::Host::Access& access) {
    std::string list;
    for (const auto& [name, policy] : access.policies)
      list += (list.empty() ? "" : ",") + policy_json(name, policy);
    return "{\"policies\":[" + list + "]}";
  });
}

void show_policy(Call call) {
  with_access(std::move(call),
              [](const Call& asked, const workspace::Host::Access& access) -> Result<std::string> {
                const auto found = access.policies.find(asked.path.object);
                if (found == access.policies.end())
                  return fail(ErrorCode::kNotFound, "there is no policy " + asked.path.object);
                return policy_json(found->first, found->second);
              });
}

void put_policy(Call call) {
  log::SetPolicy act{call.path.object, call.request.body};
  std::string reason = reason_of(call);
  change_rules(std::move(call), Right::kPolicy, std::move(act), std::move(reason), show_policy);
}

void delete_policy(Call call) {
  log::RemovePolicy act{call.path.object};
  std::string reason = reason_of(call);
  change_rules(std::move(call), Right::kPolicy, std::move(act), std::move(reason), answer_nothing);
}

// ---- shares

// Of one resource, for whoever may share that; or of all whose names have a beginning.
void list_shares(Call call) {
  with_access(std::move(call), [](const Call& asked, const workspace::Host::Access& access) {
    const auto resource = http::query_parameter(asked.request.query, "resource");
    const std::string prefix = http::query_parameter(asked.request.query, "prefix").value_or("");
    std::string list;
    for (const auto& [of, share] : access.shares)
      if (resource ? of.first == *resource : of.first.starts_with(prefix))
        list += (list.empty() ? "" : ",") + share_json(of.first, of.second, share);
    return "{\"shares\":[" + list + "]}";
  });
}

// Whether a share of this reaches the object: it is of the object, of a folder around it, or of the workspace.
bool reaches(std::string_view resource, std::string_view object) {
  return resource.empty() || resource == object ||
         (resource.ends_with('/') && object.starts_with(resource));
}

std::string shares_of_json(const std::string& object, const workspace::Host::Access& access,
                           bool ruled) {
  std::string list;
  for (const auto& [of, share] : access.shares)
    if (reaches(of.first, object))
      list += (list.empty() ? "" : ",") + share_json(of.first, of.second, share);
  return fmt::format(R"({{"shares":[{}],"ruled":{},"policies":{}}})", list, ruled,
                     access.policies.size());
}

void list_shares_of_object(Call call) {
  workspace::Host& host = call.shard.host;
  const std::string workspace = call.path.workspace;
  host.is_ruled(workspace, [call = std::move(call)](Result<bool> ruled) mutable {
    if (!ruled) return call.refuse(ruled.error());
    with_access(std::move(call),
                [ruled = *ruled](const Call& asked, const workspace::Host::Access& access) {
                  return shares_of_json(asked.path.object, access, ruled);
                });
  });
}

Result<log::Unshare> read_share(const Call& call) {
  const auto to = http::query_parameter(call.request.query, "to");
  if (!to) return fail(ErrorCode::kInvalid, "say with whom: to=principal:ID, group:NAME, everyone");
  auto grantee = log::parse_grantee(*to);
  if (!grantee) return std::unexpected(std::move(grantee.error()));
  return log::Unshare{http::query_parameter(call.request.query, "resource").value_or(""),
                      std::move(*grantee)};
}

void show_share(Call call) {
  with_access(std::move(call),
              [](const Call& asked, const workspace::Host::Access& access) -> Result<std::string> {
                const auto share = read_share(asked);
                if (!share) return std::unexpected(share.error());
                const auto found = access.shares.find({share->resource, share->to});
                if (found == access.shares.end())
                  return fail(ErrorCode::kNotFound, "the share was taken back meanwhile");
                return share_json(share->resource, share->to, found->second);
              });
}

void put_share(Call call) {
  auto share = read_share(call);
  if (!share) return call.refuse(share.error());
  const auto role =
      log::share_role_named(http::query_parameter(call.request.query, "role").value_or(""));
  if (!role)
    return call.refuse({ErrorCode::kInvalid, "role= is viewer, annotator, editor or owner"});
  std::string reason = reason_of(call);
  change_rules(std::move(call), Right::kPolicy,
               log::Share{std::move(share->resource), std::move(share->to), *role},
               std::move(reason), show_share);
}

void delete_share(Call call) {
  auto share = read_share(call);
  if (!share) return call.refuse(share.error());
  std::string reason = reason_of(call);
  change_rules(std::move(call), Right::kPolicy, std::move(*share), std::move(reason),
               answer_nothing);
}

constexpr Route kPolicyRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/policies", Right::kSeePolicy, list_policies},
    {"GET", "/v1/workspaces/{workspace}/policies/{policy}", Right::kSeePolicy, show_policy},
    {"PUT", "/v1/workspaces/{workspace}/policies/{policy}", Right::kPolicy, put_policy},
    {"DELETE", "/v1/workspaces/{workspace}/policies/{policy}", Right::kPolicy, delete_policy},
    {"GET", "/v1/workspaces/{workspace}/shares", Right::kSeePolicy, list_shares, Route::kWhileOpen,
     Route::kOfResource},
    {"GET", "/v1/workspaces/{workspace}/shares/{object}", Right::kSeePolicy, list_shares_of_object},
    {"PUT", "/v1/workspaces/{workspace}/shares", Right::kPolicy, put_share},
    {"DELETE", "/v1/workspaces/{workspace}/shares", Right::kPolicy, delete_share},
};

}  // namespace

std::span<const Route> policy_routes() {
  return kPolicyRoutes;
}

}  // namespace syncline::api
