#include "api/dispatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "api/deleted.h"
#include "api/redirect.h"
#include "api/support.h"
#include "base/mutation.h"
#include "base/qualified_name.h"
#include "identity/names.h"
#include "identity/scope.h"
#include "limits/rates.h"
#include "limits/who.h"
#include "log/audit.h"
#include "node/audit_keeper.h"
#include "node/identify.h"

namespace syncline::api {
namespace {

std::array<std::span<const Route>, 35> tables() {
  return {state_routes(),      write_routes(),           history_routes(),
          restore_routes(),    proof_routes(),           export_routes(),
          retention_routes(),  quarantine_routes(),      shut_routes(),
          backup_routes(),     import_routes(),          log_level_routes(),
          session_routes(),    api_key_routes(),         ticket_routes(),
          people_routes(),     security_event_routes(),  tenant_routes(),
          revocation_routes(), policy_routes(),          simulation_routes(),
          access_routes(),     rights_routes(),          link_routes(),
          audit_routes(),      delete_routes(),          event_routes(),
          webhook_routes(),    search_routes(),          mcp_routes(),
          copy_routes(),       stream_routes(),          file_routes(),
          upload_routes(),     delete_workspace_routes()};
}

// The names in a path that matches a template, not decoded.
struct Match {
  std::string_view workspace;
  std::string_view item;
  std::string_view rest;
};

std::string_view next_segment(std::string_view& path) {
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(segment.size() + 1, path.size()));
  return segment;
}

// A slash at the end belongs to an object's id. No other path ends with one.
std::optional<Match> match(std::string_view pattern, std::string_view path) {
  const bool slash_at_end = path.ends_with('/');
  Match found;
  while (!pattern.empty()) {
    const std::string_view expected = next_segment(pattern);
    if (expected.starts_with('{') && pattern.empty() && expected != "{workspace}") {
      found.rest = std::exchange(path, {});
      if (found.rest.empty()) return std::nullopt;
      // Below a webhook there are further routes.
      if (expected == "{webhook}" && found.rest.contains('/')) return std::nullopt;
      continue;
    }
    const std::string_view segment = next_segment(path);
    if (expected == "{workspace}" && !segment.empty()) {
      found.workspace = segment;
    } else if (expected == "{session}" && !segment.empty()) {
      found.item = segment;
    } else if (segment != expected) {
      return std::nullopt;
    }
  }
  if (!path.empty() || (slash_at_end && found.rest.empty())) return std::nullopt;
  return found;
}

struct Found {
  const Route* route = nullptr;
  Match match;
  std::string allowed;  // the methods of all routes that match the path; set if `route` is not
};

Found find_route(std::string_view method, std::string_view path) {
  Found found;
  if (method == "HEAD") method = "GET";
  for (const auto& table : tables()) {
    for (const Route& route : table) {
      const auto fits = match(route.path, path);
      if (!fits) continue;
      if (route.method == method) return {&route, *fits, {}};
      found.allowed += found.allowed.empty() ? "" : ", ";
      found.allowed += route.method == "GET" ? "GET, HEAD" : route.method;
    }
  }
  return found;
}

void run_route(const Route& route, Call call) {
  if (const auto* here = std::get_if<void (*)(Call)>(&route.serve)) return (*here)(std::move(call));
  inquire(std::move(call), route.path.data(), std::get<void (*)(Inquiry)>(route.serve));
}

// A change over HTTP counts for the quotas as what clients send over WebSockets does. Those above one are read more
// slowly; a request is told when to come back. Without a value: it may go on.
std::optional<http::Response> refuse_over_quota(const Route& route, const Call& call) {
  const limits::SharedUse use = call.path.workspace.empty() || !identity::changes(route.right)
                                    ? nullptr
                                    : call.shard.uses.of(call.path.workspace);
  if (use == nullptr) return std::nullopt;
  const std::uint64_t now_ms = call.shard.scheduler.turn_began_us() / 1000;
  const std::uint64_t wait_ms = use->wait_ms(now_ms);
  if (wait_ms == 0) {
    use->take(limits::Quota::kBytes, call.request.body.size(), now_ms);
    return std::nullopt;
  }
  http::Response refused = http::error_response(
      429, "too_many_requests", "over the quota: this tenant changes too much at once");
  refused.headers.emplace_back("Retry-After", std::to_string((wait_ms + 999) / 1000));
  return refused;
}

bool names_object(const Route& route) {
  return route.path.ends_with("{object}");
}

// Whoever asks for an object under an earlier name is sent on, unless he asks about that name.
const std::string* moved_to(const Route& route, const Call& call) {
  const bool of_name = route.path.contains("/redirects/") || route.path.contains("/rename/");
  if (!names_object(route) || of_name) return nullptr;
  const workspace::Workspace* open = call.shard.host.find_open(call.path.workspace);
  return open == nullptr ? nullptr : open->moved_to(call.path.object);
}

struct JudgedAs {
  std::string object;
  bool lists = false;  // `object` is the beginning of names
};

// A list of objects is judged as what it lists; a pin or a position as the workspace.
JudgedAs judged_as(const Route& route, const Call& call) {
  const auto parameter = [&](std::string_view name) {
    return http::query_parameter(call.request.query, name);
  };
  if (route.scope == Route::kOfResource)
    if (auto resource = parameter("resource")) return {std::move(*resource)};
  if (route.scope == Route::kOfPrefix || route.scope == Route::kOfResource)
    return {parameter("prefix").value_or(""), true};
  return {names_object(route) ? call.path.object : std::string()};
}

// Runs on the loop that owns the workspace. What it does there has the name of the route.
void serve(const Route& route, Call call) {
  const Doing naming(call.shard.scheduler, route.path.data());
  if (auto refused = refuse_over_quota(route, call)) return call.answer(std::move(*refused));
  if (call.path.workspace.empty() || route.door == Route::kAlsoWhileShut)
    return run_route(route, std::move(call));
  const auto asked = std::make_shared<Call>(std::move(call));
  const auto [named, lists] = judged_as(route, *asked);
  auto admitted = [&route, asked](Result<void> open) {
    if (!open) return asked->refuse(open.error());
    if (const std::string* name = moved_to(route, *asked))
      return asked->refuse(log::renamed_error(*name));
    run_route(route, std::move(*asked));
  };
  asked->shard.host.admit(asked->caller, route.right, asked->path.workspace, named,
                          std::move(admitted), lists,
                          route.door == Route::kAlsoWhileDeleted ? workspace::Deleted::kTaken
                                                                 : workspace::Deleted::kRefused);
}

// Principals of different tenants may have the same name.
std::string asker_of(const Call& call) {
  const Who who = limits::who_is(call.caller.principal, call.request.peer);
  return qualified(who.tenant, who.principal);
}

}  // namespace

std::vector<const Route*> all_routes() {
  std::vector<const Route*> all;
  for (const auto& table : tables())
    for (const Route& route : table) all.push_back(&route);
  return all;
}

void Call::refuse(const Error& error) {
  answer(refusal(request, path.object, error));
}

void Inquiry::answer(Answer made) {
  slot = state::JobSlot();
  send(std::move(responder), std::move(made), std::move(sending));
}

void Inquiry::refuse(const Error& error) {
  answer(refusal(request, path.object, error));
}

// Those who share a token share its limits, but only those of one network.
state::JobOrder answer_order(const Call& call, const char* name) {
  return {.kind = state::JobOrder::kAnswer,
          .asker = asker_of(call),
          .name = name,
          .account = call.caller.account,
          .abandoned = call.abandoned};
}

SharedCell answer_cell(const Call& call) {
  if (call.caller.account != nullptr) return cell_of(call.caller.account, MemoryUse::kAnswers);
  MemoryBudget* const memory = call.shard.memory;
  return memory == nullptr ? nullptr : lasting(&memory->cell(MemoryUse::kAnswers));
}

Sending sending_of(const Call& call, const char* name) {
  Sending sending{.jobs = call.shard.jobs,
                  .order = answer_order(call, name),
                  .head_only = call.request.method == "HEAD"};
  sending.memory = answer_cell(call);
  return sending;
}

void inquire(Call call, const char* name, std::move_only_function<void(Inquiry)> serve) {
  Sending sending = sending_of(call, name);
  state::JobOrder order = sending.order;
  std::optional<state::Quarantined> held;
  if (const auto* entry = call.shard.quarantine.find(call.path.workspace, call.path.object))
    held = *entry;
  const bool deletions = may_have_deletions(call);
  state::Jobs& jobs = call.shard.jobs;
  jobs.start(std::move(order), [&context = call.context, request = std::move(call.request),
                                path = std::move(call.path), caller = std::move(call.caller),
                                responder = std::move(call.responder), held = std::move(held),
                                deletions, sending = std::move(sending), serve = std::move(serve)](
                                   Result<state::Workplace*> place, state::JobSlot slot) mutable {
    if (!place) return responder.respond(to_response(place.error()));
    serve({context, (*place)->sources, std::move(request), std::move(path), std::move(caller),
           std::move(responder), std::move(held), deletions, std::move(slot), std::move(sending)});
  });
}

namespace {

void refuse(const Context& context, const http::Request& request, http::Responder responder,
            const Error& error) {
  http::Response response = to_response(error);
  if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  node::Shard* shard = context.shards.at(request.loop);
  const bool guessed = response.status == 401 && !node::token_of(request, context.cookies).empty();
  if (!guessed || shard == nullptr) return responder.respond(std::move(response));
  const auto verdict = shard->failed_tokens.note(request.peer, shard->scheduler.monotonic_ms());
  if (verdict.retry_after_s > 0) {
    response = http::error_response(429, "too_many_requests",
                                    "too many wrong tokens came from this address");
    response.headers.emplace_back("Retry-After", std::to_string(verdict.retry_after_s));
  }
  shard->slow_answers.answer(verdict.delay_ms, std::move(responder), std::move(response));
}

// Counts the request for its principal.
std::optional<http::Response> refuse_fast(const Context& context, const http::Request& request,
                                          const identity::Caller& caller) {
  node::Shard* shard = context.shards.at(request.loop);
  return shard == nullptr ? std::nullopt
                          : node::refuse_fast(*shard, caller.principal, request.peer);
}

Result<void> may_ask(const Context& context, const http::Request& request,
                     const identity::Caller& caller, Right right) {
  if (!caller.principal.tenant().empty() && identity::Rights::of_the_server().has(right))
    return fail(ErrorCode::kForbidden, "this concerns the server and all its tenants");
  if (!caller.rights.has(right) && !is_mutated(Mutation::ignore_right))
    return fail(ErrorCode::kForbidden, "this token may only read");
  if (identity::changes(right) &&
      node::is_foreign_page(context.access, request, context.bound_to_loopback))
    return fail(ErrorCode::kForbidden,
                "pages of other origins may change things only on a server with tokens");
  return {};
}

std::string name_of(const Route& route) {
  return std::string(route.method) + " " + std::string(route.path);
}

// What else changes something is an event of the workspace that it changes, with its author.
bool is_administrative(Right right) {
  return identity::changes(right) && right != Right::kWrite && right != Right::kRestore &&
         right != Right::kPin;
}

// Whoever asks for an administrative act gets the answer when the audit log holds the act. A whole workspace that leaves
// the server is noted, too, but an answer in pieces does not wait for that.
void audit(const Context& context, std::size_t loop, const Route& route,
           const identity::Caller& caller, const Path& path, const http::Request& request,
           http::Responder& responder) {
  const bool leaves = route.right == Right::kExport && !is_mutated(Mutation::export_not_audited);
  const node::Shard* const here = context.shards.at(request.loop);
  const bool audited = here != nullptr && here->audit != nullptr;
  if (!audited || (!leaves && !is_administrative(route.right))) return;
  log::AuditEntry entry = node::audit_entry_of(caller, request.peer);
  entry.kind = leaves ? log::AuditEntry::Kind::kExport : log::AuditEntry::Kind::kAct;
  entry.right = identity::name_of(route.right);
  entry.request = name_of(route);
  entry.workspace = path.name;
  entry.object = path.object.empty() ? path.item : path.object;
  responder.hold([&context, loop, entry = std::move(entry),
                  tenant = std::string(caller.principal.tenant())](int status, Task send) mutable {
    entry.status = static_cast<std::uint64_t>(status);
    if (status >= 400 && is_mutated(Mutation::audit_success_only)) return send();
    if (is_mutated(Mutation::act_before_audit)) std::exchange(send, [] {})();
    context.shards.on(loop, [entry = std::move(entry), tenant = std::move(tenant),
                             send = std::move(send)](node::Shard& shard) mutable {
      if (shard.audit == nullptr) return send();
      shard.audit->record(tenant, std::move(entry),
                          [send = std::move(send)](Result<void>) mutable { send(); });
    });
  });
}

// Who is refused although he is known. A refusal by a workspace is told by that (workspace::Host).
void audit_refusal(const Context& context, Right right, const http::Request& request,
                   const identity::Caller& caller, std::string_view workspace, const Error& error) {
  node::Shard* const shard = context.shards.at(request.loop);
  if (shard == nullptr || shard->audit == nullptr || error.code != ErrorCode::kForbidden) return;
  const Route* const route = find_route(request.method, request.raw_path).route;
  shard->audit->refused({.caller = caller,
                         .right = right,
                         .workspace = workspace,
                         .object = {},
                         .reason = error.message,
                         .peer = request.peer,
                         .request = route == nullptr ? std::string() : name_of(*route)});
}

// The audit log of the tenant is read, exported and kept like any other, by those who may read it, and never written. The
// policies of the tenant stand beside it, and those who may read the one may set the others.
Result<void> check_system_workspace(const Route& route, const identity::Caller& caller,
                                    const Path& path) {
  if (path.name != log::kSystemWorkspace) return {};
  const bool possible = !identity::changes(route.right) || route.right == Right::kRetention ||
                        route.right == Right::kHold || route.right == Right::kPolicy;
  if (possible && caller.rights.has(Right::kAudit)) return {};
  return fail(ErrorCode::kForbidden, "this workspace belongs to the server");
}

// A pin or a position is no object: it belongs to the whole workspace.
Result<void> check_reach(const Route& route, const identity::Caller& caller, const Path& path) {
  if (route.scope == Route::kNone) return {};
  return identity::check_scope(caller.principal, path.name, names_object(route) ? path.object : "");
}

// `found` refers to the request.
void serve_found(Context& context, const Found& found, Admitted admitted) {
  auto& [request, caller, responder] = admitted;
  if (!found.route && !found.allowed.empty())
    return responder.respond(method_not_allowed(found.allowed));
  if (!found.route)
    return responder.respond(
        http::error_response(404, "not_found", "nothing is served at this path"));

  Path path;
  if (!found.match.workspace.empty()) {
    const bool changes = identity::changes(found.route->right);
    auto decoded = decode_path(found.match.workspace, found.match.rest,
                               changes ? SystemNames::kRefused : SystemNames::kTaken);
    if (!decoded) return responder.respond(to_response(decoded.error()));
    path = std::move(*decoded);
    path.enter(caller.principal.tenant());
  } else if (!found.match.rest.empty()) {
    auto id = http::percent_decode(found.match.rest);
    if (!id)
      return responder.respond(
          to_response({ErrorCode::kInvalid, "broken percent escape in the path"}));
    path.object = std::move(*id);
  }
  path.item = found.match.item;
  responder.speak_to(std::string(caller.principal.tenant()));
  if (path.item.empty() && path.workspace.empty()) path.item = found.match.rest;
  auto within = check_reach(*found.route, caller, path);
  if (within) within = check_system_workspace(*found.route, caller, path);
  if (!within) {
    audit_refusal(context, found.route->right, request, caller, path.workspace, within.error());
    return responder.respond(to_response(within.error()));
  }
  caller.local = context.local;
  const std::size_t loop =
      path.workspace.empty() ? request.loop : context.shards.placement().owner_of(path.workspace);
  audit(context, loop, *found.route, caller, path, request, responder);
  context.shards.on(
      loop, [&context, &route = *found.route, abandoned = responder.abandoned(),
             request = std::move(request), path = std::move(path), caller = std::move(caller),
             responder = std::move(responder)](node::Shard& shard) mutable {
        caller.account = shard.host.account_of(caller.principal, request.peer);
        Call call{context,
                  shard,
                  std::move(request),
                  std::move(path),
                  std::move(caller),
                  std::move(responder),
                  std::move(abandoned)};
        call.responder.charge_to(answer_cell(call));
        serve(route, std::move(call));
      });
}

}  // namespace

void admit(const Context& context, http::Request request, http::Responder responder, Right right,
           std::move_only_function<void(Admitted)> serve) {
  // Moved into the answer, and read until then.
  auto asked = std::make_unique<http::Request>(std::move(request));
  const http::Request& asks = *asked;
  node::identify(context.access, context.cookies, asks, context.shards.loop(asks.loop),
                 [&context, asked = std::move(asked), responder = std::move(responder), right,
                  serve = std::move(serve)](Result<identity::Caller> caller) mutable {
                   const auto may = caller ? may_ask(context, *asked, *caller, right)
                                           : std::unexpected(caller.error());
                   if (!may) {
                     if (caller) audit_refusal(context, right, *asked, *caller, {}, may.error());
                     return refuse(context, *asked, std::move(responder), may.error());
                   }
                   if (auto refused = refuse_fast(context, *asked, *caller))
                     return responder.respond(std::move(*refused));
                   serve({std::move(*asked), std::move(*caller), std::move(responder)});
                 });
}

void dispatch_as(Context& context, const identity::Caller& caller, http::Request request,
                 http::Responder responder) {
  Admitted admitted{std::move(request), caller, std::move(responder)};
  const Found found = find_route(admitted.request.method, admitted.request.raw_path);
  if (found.route)
    if (const auto may = may_ask(context, admitted.request, caller, found.route->right); !may) {
      audit_refusal(context, found.route->right, admitted.request, caller, {}, may.error());
      return admitted.responder.respond(to_response(may.error()));
    }
  serve_found(context, found, std::move(admitted));
}

void dispatch(Context& context, http::Request request, http::Responder responder) {
  // A caller without a valid token learns nothing about routes.
  const Found found = find_route(request.method, request.raw_path);
  const Right right = found.route ? found.route->right : Right::kRead;
  admit(context, std::move(request), std::move(responder), right, [&context](Admitted admitted) {
    const Found found = find_route(admitted.request.method, admitted.request.raw_path);
    serve_found(context, found, std::move(admitted));
  });
}

}  // namespace syncline::api
