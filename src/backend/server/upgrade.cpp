#include <fmt/format.h>

#include "backend/net/event_loop.h"
#include "backend/net/ws_handshake.h"
#include "backend/server/import_service.h"
#include "backend/server/routes.h"
#include "session/hocuspocus_session.h"
#include "session/y_session.h"

namespace syncline::backend {
namespace {

using session::ConnectionHandler;

std::string new_actor(LoopShard& shard) {
  return fmt::format("{:016x}", shard.random.next());
}

UpgradeDecision refuse_upgrade(const Error& error) {
  const int status = error.code == ErrorCode::kNotFound      ? 404
                     : error.code == ErrorCode::kUnavailable ? 503
                                                             : 400;
  return UpgradeRefusal{error_response(status, to_string(error.code), error.message)};
}

UpgradeDecision accept_y(RouteContext& context, const HttpRequest& request, ObjectPath path) {
  const std::size_t loop = loop_of(context, path.workspace);
  auto principal = context.access.authenticate(request_token(request));
  const bool wants_saved = query_parameter(request.query, "ack").value_or("") == "1";
  return UpgradeAcceptance{
      .loop = loop,
      .make_handler =
          [&context, loop, path = std::move(path), principal = std::move(principal), wants_saved,
           trace = trace_of(request)](Scheduler&) -> std::unique_ptr<ConnectionHandler> {
        LoopShard& shard = *context.shards[loop];
        return std::make_unique<session::YSession>(
            session::YSessionOptions{.host = shard.host,
                                     .workspace = path.workspace,
                                     .object = path.object,
                                     .principal = principal,
                                     .actor = new_actor(shard),
                                     .trace = trace,
                                     .wants_saved = wants_saved,
                                     .limits = context.limits,
                                     .counters = shard.session_counters});
      },
      .subprotocol = offered_subprotocol(request)};
}

UpgradeDecision accept_hocuspocus(RouteContext& context, const HttpRequest& request,
                                  ObjectPath path) {
  const std::size_t loop = loop_of(context, path.workspace);
  return UpgradeAcceptance{
      .loop = loop,
      .make_handler = [&context, loop, path = std::move(path), trace = trace_of(request)](
                          Scheduler&) -> std::unique_ptr<ConnectionHandler> {
        LoopShard& shard = *context.shards[loop];
        return std::make_unique<session::HocuspocusSession>(
            session::HocuspocusOptions{.host = shard.host,
                                       .workspace = path.workspace,
                                       .access = context.access,
                                       .actor = new_actor(shard),
                                       .trace = trace,
                                       .limits = context.limits,
                                       .counters = shard.session_counters});
      },
      .subprotocol = offered_subprotocol(request)};
}

UpgradeDecision decide(RouteContext& context, const HttpRequest& request) {
  if (!context.ready) {
    return UpgradeRefusal{error_response(503, "unavailable", "the server is shutting down")};
  }
  const std::string_view origin = request.headers.find("Origin").value_or("");
  const std::string_view host = request.headers.find("Host").value_or("");
  if (context.access.open() && !policy::origin_allowed(origin, host, context.bound_to_loopback)) {
    return UpgradeRefusal{error_response(
        403, "forbidden", "pages of other origins may connect only to a server with tokens")};
  }
  if (request.raw_path.starts_with("/hocuspocus/")) {
    auto path = parse_object_path(request.raw_path, "/hocuspocus/");
    if (!path) return refuse_upgrade(path.error());
    if (auto free = context.imports.check_free(path->workspace); !free)
      return refuse_upgrade(free.error());
    if (!path->object.empty()) {
      return refuse_upgrade(
          {ErrorCode::kNotFound,
           "connect to /hocuspocus/{workspace}; documents are named in messages"});
    }
    return accept_hocuspocus(context, request, std::move(*path));
  }
  auto path = parse_object_path(request.raw_path, "/y/");
  if (!path) return refuse_upgrade(path.error());
  if (auto free = context.imports.check_free(path->workspace); !free)
    return refuse_upgrade(free.error());
  if (path->object.empty()) {
    return refuse_upgrade({ErrorCode::kNotFound, "the path is /y/{workspace}/{object}"});
  }
  return accept_y(context, request, std::move(*path));
}

}  // namespace

UpgradeHandler make_upgrade_handler(RouteContext& context) {
  return [&context](HttpRequest request, UpgradeReply reply) { reply(decide(context, request)); };
}

}  // namespace syncline::backend
