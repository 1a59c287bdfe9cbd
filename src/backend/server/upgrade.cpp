// Which WebSocket is accepted, and which session it gets.
//
// A name or token that is not right is refused by the session, in the client's own protocol and with a
// close code that says so: published clients cannot read the HTTP answer to a handshake, and repeat one
// that failed without end.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "backend/net/event_loop.h"
#include "backend/server/routes.h"
#include "http/ws_handshake.h"
#include "policy/names.h"
#include "session/hocuspocus_session.h"
#include "session/y_session.h"

namespace syncline::backend {
namespace {

using session::ConnectionHandler;

std::string new_actor(LoopShard& shard) {
  return fmt::format("{:016x}", shard.random.next());
}

// What stays the same when a client that was refused comes back.
session::ClientKey client_key(const http::Request& request) {
  const std::string_view peer = request.peer;
  return std::hash<std::string>{}(fmt::format("{}\n{}\n{}", peer.substr(0, peer.rfind(':')),
                                              request_token(request), request.raw_path));
}

// "{workspace}/{object}" behind `prefix`. y-websocket does not escape the room: browsers escape what they
// must, and leave a percent sign as it is.
Result<ObjectPath> room_of(std::string_view raw_path, std::string_view prefix) {
  raw_path.remove_prefix(prefix.size());
  const std::size_t slash = std::min(raw_path.find('/'), raw_path.size());
  ObjectPath room{http::percent_decode_where_it_is(raw_path.substr(0, slash)), {}};
  if (slash < raw_path.size())
    room.object = http::percent_decode_where_it_is(raw_path.substr(slash + 1));
  if (auto valid = policy::check_workspace_name(room.workspace); !valid)
    return std::unexpected(std::move(valid.error()));
  return room;
}

Result<ObjectPath> object_of(std::string_view raw_path) {
  auto room = room_of(raw_path, "/y/");
  if (!room) return room;
  if (room->object.empty()) {
    return fail(ErrorCode::kNotFound, "the path is /y/{workspace}/{object}");
  }
  if (auto valid = policy::check_object_id(room->object); !valid)
    return std::unexpected(std::move(valid.error()));
  return room;
}

// Clients wait longer after a handshake that failed than after a close. Whether the workspace is open is
// asked again when the session enters it.
std::optional<UpgradeDecision> refusal_while_shut(const RouteContext& context,
                                                  const Result<ObjectPath>& path) {
  if (!path) return std::nullopt;
  const auto open = context.gate(path->workspace);
  if (open) return std::nullopt;
  return UpgradeRefusal{
      http::error_response(503, to_string(open.error().code), open.error().message)};
}

UpgradeDecision accept_y(RouteContext& context, const http::Request& request) {
  auto path = object_of(request.raw_path);
  if (auto shut = refusal_while_shut(context, path)) return std::move(*shut);
  auto principal = path ? context.access.authenticate(request_token(request))
                        : std::unexpected(std::move(path.error()));
  const std::size_t loop = path ? loop_of(context, path->workspace) : request.loop;
  const bool wants_saved = http::query_parameter(request.query, "ack").value_or("") == "1";
  return UpgradeAcceptance{
      .loop = loop,
      .make_handler = [&context, loop, path = path.value_or(ObjectPath{}),
                       principal = std::move(principal), wants_saved, trace = trace_of(request),
                       client =
                           client_key(request)](Scheduler&) -> std::unique_ptr<ConnectionHandler> {
        LoopShard& shard = *context.shards[loop];
        return std::make_unique<session::YSession>(
            session::YSessionOptions{.host = shard.host,
                                     .workspace = path.workspace,
                                     .object = path.object,
                                     .principal = principal,
                                     .actor = new_actor(shard),
                                     .trace = trace,
                                     .wants_saved = wants_saved,
                                     .gate = &context.gate,
                                     .refusals = &shard.refusals,
                                     .client = client,
                                     .limits = context.limits,
                                     .counters = shard.session_counters});
      },
      .subprotocol = http::offered_subprotocol(request)};
}

Result<ObjectPath> workspace_of(std::string_view raw_path) {
  auto room = room_of(raw_path, "/hocuspocus/");
  if (room && !room->object.empty()) {
    return fail(ErrorCode::kNotFound,
                "connect to /hocuspocus/{workspace}; documents are named in messages");
  }
  return room;
}

UpgradeDecision accept_hocuspocus(RouteContext& context, const http::Request& request) {
  auto path = workspace_of(request.raw_path);
  if (auto shut = refusal_while_shut(context, path)) return std::move(*shut);
  const std::size_t loop = path ? loop_of(context, path->workspace) : request.loop;
  return UpgradeAcceptance{
      .loop = loop,
      .make_handler = [&context, loop, path = std::move(path), trace = trace_of(request)](
                          Scheduler&) -> std::unique_ptr<ConnectionHandler> {
        LoopShard& shard = *context.shards[loop];
        return std::make_unique<session::HocuspocusSession>(session::HocuspocusOptions{
            .host = shard.host,
            .workspace = path ? path->workspace : std::string(),
            .admission = path ? Result<void>() : std::unexpected(path.error()),
            .access = context.access,
            .actor = new_actor(shard),
            .trace = trace,
            .gate = &context.gate,
            .limits = context.limits,
            .counters = shard.session_counters});
      },
      .subprotocol = http::offered_subprotocol(request)};
}

UpgradeDecision decide(RouteContext& context, const http::Request& request) {
  if (!context.ready) {
    return UpgradeRefusal{http::error_response(503, "unavailable", "the server is shutting down")};
  }
  const std::string_view origin = request.headers.find("Origin").value_or("");
  const std::string_view host = request.headers.find("Host").value_or("");
  if (context.access.open() && !policy::origin_allowed(origin, host, context.bound_to_loopback)) {
    return UpgradeRefusal{http::error_response(
        403, "forbidden", "pages of other origins may connect only to a server with tokens")};
  }
  if (request.raw_path.starts_with("/hocuspocus/")) return accept_hocuspocus(context, request);
  if (request.raw_path.starts_with("/y/")) return accept_y(context, request);
  return UpgradeRefusal{http::error_response(404, "not_found", "nothing is served at this path")};
}

}  // namespace

UpgradeHandler make_upgrade_handler(RouteContext& context) {
  return [&context](http::Request request, UpgradeReply reply) { reply(decide(context, request)); };
}

}  // namespace syncline::backend
