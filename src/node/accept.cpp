#include "node/accept.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/qualified_name.h"
#include "http/ws_handshake.h"
#include "identity/names.h"
#include "node/tenant_choice.h"
#include "session/hocuspocus_session.h"
#include "session/y_session.h"

namespace syncline::node {
namespace {

using session::ConnectionHandler;
using MakeSession = std::move_only_function<std::unique_ptr<ConnectionHandler>(Shard&)>;

// 60 random bits. A std::string keeps 15 characters without allocating, and each copy of a caller has one.
std::string new_actor(Shard& shard) {
  return fmt::format(FMT_COMPILE("{:015x}"), shard.random->next() >> 4);
}

// What stays the same when a refused client comes back.
session::ClientKey client_key(const http::Request& request, std::string_view token) {
  constexpr std::uint64_t kOdd = 0x9e37'79b9'7f4a'7c15;  // spreads the bits (Knuth)
  const std::string_view peer = request.peer;
  std::uint64_t key = 0;
  for (const std::string_view part :
       {peer.substr(0, peer.rfind(':')), token, std::string_view(request.raw_path)})
    key = (key + std::hash<std::string_view>{}(part)) * kOdd;
  return key;
}

struct Room {
  std::string workspace;  // its public name, until it is known who comes
  std::string object;
};

// Parses "{workspace}/{object}" after `prefix`. y-websocket does not escape the name of the room.
// Browsers escape what they must, and leave a percent sign unchanged.
Result<Room> room_of(std::string_view raw_path, std::string_view prefix) {
  raw_path.remove_prefix(prefix.size());
  const std::size_t slash = std::min(raw_path.find('/'), raw_path.size());
  Room room{http::percent_decode_where_it_is(raw_path.substr(0, slash)), {}};
  if (slash < raw_path.size())
    room.object = http::percent_decode_where_it_is(raw_path.substr(slash + 1));
  if (auto valid = identity::check_workspace_name(room.workspace); !valid)
    return std::unexpected(std::move(valid.error()));
  return room;
}

Result<Room> y_room_of(std::string_view raw_path) {
  auto room = room_of(raw_path, "/y/");
  if (!room) return room;
  if (room->object.empty()) {
    return fail(ErrorCode::kNotFound, "the path is /y/{workspace}/{object}");
  }
  if (auto valid = identity::check_object_id(room->object); !valid)
    return std::unexpected(std::move(valid.error()));
  return room;
}

Result<Room> hocuspocus_room_of(std::string_view raw_path) {
  auto room = room_of(raw_path, "/hocuspocus/");
  if (room && !room->object.empty()) {
    return fail(ErrorCode::kNotFound,
                "connect to /hocuspocus/{workspace}; documents are named in messages");
  }
  return room;
}

std::uint64_t wait_after_wrong_token(Shard& shard, std::string_view peer) {
  const std::uint64_t now_ms = shard.scheduler.monotonic_ms();
  return session::denial_wait_ms(shard.failed_tokens.note(peer, now_ms));
}

// What is no number names no generation that there is.
std::uint64_t generation_of(const http::Request& request) {
  const auto text = http::query_parameter(request.query, "generation");
  if (!text) return 0;
  std::uint64_t generation = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), generation);
  const bool whole = error == std::errc() && end == text->data() + text->size();
  return whole && generation > 0 ? generation : ~std::uint64_t{0};
}

// `token`: that of the request. An error of the room is one of `principal`, too.
MakeSession y_session(const AcceptContext& context, const http::Request& request, Room room,
                      const std::string& token, Result<identity::Principal> principal) {
  const bool guessed = !room.object.empty() && !token.empty();
  const auto wants = [&](std::string_view what) {
    return http::query_parameter(request.query, what).value_or("") == "1";
  };
  return [&context, room = std::move(room), principal = std::move(principal),
          generation = generation_of(request), wants_saved = wants("ack"),
          wants_status = wants("status"), origin = origin_of(request), trace = trace_of(request),
          client = client_key(request, token), guessed, peer = request.peer](Shard& shard) mutable {
    const bool wrong = guessed && !principal && principal.error().code == ErrorCode::kUnauthorized;
    return std::make_unique<session::YSession>(
        session::YSessionOptions{.host = shard.host,
                                 .workspace = std::move(room.workspace),
                                 .object = std::move(room.object),
                                 .principal = std::move(principal),
                                 .refused_for_ms = wrong ? wait_after_wrong_token(shard, peer) : 0,
                                 .actor = new_actor(shard),
                                 .origin = std::move(origin),
                                 .trace = std::move(trace),
                                 .wants_saved = wants_saved,
                                 .wants_status = wants_status,
                                 .generation = generation,
                                 .refusals = &shard.refusals,
                                 .sessions = &shard.sessions,
                                 .client = client,
                                 .limits = context.limits,
                                 .rates = &shard.rates,
                                 .counters = shard.session_counters});
  };
}

MakeSession hocuspocus_session(const AcceptContext& context, const http::Request& request,
                               const Result<Room>& room) {
  return [&context, room, tenant = request.tenant, origin = origin_of(request),
          trace = trace_of(request), token = token_of(request, context.cookies)](Shard& shard) {
    return std::make_unique<session::HocuspocusSession>(session::HocuspocusOptions{
        .host = shard.host,
        .workspace = room ? room->workspace : std::string(),
        .tenant = tenant,
        .admission = room ? Result<void>() : std::unexpected(room.error()),
        .access = context.access,
        .token = token,
        .failed_tokens = &shard.failed_tokens,
        .sessions = &shard.sessions,
        .actor = new_actor(shard),
        .origin = origin,
        .trace = trace,
        .limits = context.limits,
        .rates = &shard.rates,
        .counters = shard.session_counters});
  };
}

UpgradeAcceptance acceptance(const AcceptContext& context, std::size_t loop,
                             std::string subprotocol, MakeSession make) {
  return {.loop = loop,
          .make_handler = [&shards = context.shards, loop, make = std::move(make)](
                              Scheduler&) mutable -> std::unique_ptr<ConnectionHandler> {
            Shard* shard = shards.at(loop);
            SYNCLINE_ASSERT(shard != nullptr);  // the network stops before the shards
            return make(*shard);
          },
          .subprotocol = std::move(subprotocol)};
}

UpgradeRefusal refusal(int status, std::string_view code, std::string_view message) {
  return {http::error_response(status, code, message)};
}

// Asks on the workspace's own loop whether it is open, and has a place for a connection.
std::move_only_function<std::optional<http::Response>()> check_open(const AcceptContext& context,
                                                                    std::string workspace,
                                                                    std::size_t loop) {
  return [&shards = context.shards, workspace = std::move(workspace),
          loop]() -> std::optional<http::Response> {
    Shard* shard = shards.at(loop);
    SYNCLINE_ASSERT(shard != nullptr);  // the network stops before the shards
    auto open = shard->host.admit(identity::Caller{}, workspace);
    // A session can say that for good, and in the words of its protocol.
    if (!open && open.error().code == ErrorCode::kGone) return std::nullopt;
    if (open) open = shard->host.has_place(workspace);
    if (open) return std::nullopt;
    auto refused =
        http::error_response(503, to_string(open.error().code),
                             public_text(open.error().message, split_name(workspace).tenant));
    refused.headers.emplace_back("Retry-After", "5");
    return refused;
  };
}

// `workspace`: within the server, as far as that is known; "": the session will refuse the client.
void accept(const AcceptContext& context, const http::Request& request, std::string workspace,
            MakeSession make, UpgradeReply& reply) {
  const bool named = !workspace.empty();
  const std::size_t loop = named ? context.shards.placement().owner_of(workspace) : request.loop;
  auto accepted = acceptance(context, loop, http::offered_subprotocol(request), std::move(make));
  if (named) accepted.check = check_open(context, std::move(workspace), loop);
  reply(std::move(accepted));
}

// The token comes with the handshake, so it is judged before the session exists.
void decide_y(const AcceptContext& context, http::Request request, UpgradeReply reply) {
  Result<Room> room = y_room_of(request.raw_path);
  const std::string token = token_of(request, context.cookies);
  if (!room) {
    auto refused = y_session(context, request, {}, token, std::unexpected(room.error()));
    return accept(context, request, {}, std::move(refused), reply);
  }
  const std::string peer = request.peer;
  Scheduler& loop = context.shards.loop(request.loop);
  const Room named = *room;
  const std::string tenant = request.tenant;
  context.access.authenticate(
      {.token = token,
       .workspace = named.workspace,
       .object = named.object,
       .peer = peer,
       .tenant = tenant},
      loop,
      [&context, request = std::move(request), room = std::move(*room), token,
       reply = std::move(reply)](Result<identity::Principal> principal) mutable {
        if (principal) room.workspace = qualified(principal->tenant(), room.workspace);
        std::string workspace = room.workspace;
        auto session = y_session(context, request, std::move(room), token, std::move(principal));
        accept(context, request, std::move(workspace), std::move(session), reply);
      });
}

void decide(const AcceptContext& context, http::Request request, UpgradeReply reply) {
  if (auto misdirected = refuse_host(context.access, context.hosts, request))
    return reply(UpgradeRefusal{std::move(*misdirected)});
  if (!context.ready) return reply(refusal(503, "unavailable", "the server is shutting down"));
  if (auto chosen = choose_tenant(context.tenant_hosts, request); !chosen) {
    const int status = chosen.error().code == ErrorCode::kForbidden ? 403 : 404;
    return reply(refusal(status, to_string(chosen.error().code), chosen.error().message));
  }
  if (Shard* shard = context.shards.at(request.loop)) {
    auto refused = refuse_fast(*shard, request.peer);
    if (!refused) refused = refuse_for_memory(*shard);
    if (refused) return reply(UpgradeRefusal{std::move(*refused)});
  }
  if (is_foreign_page(context.access, request, context.bound_to_loopback)) {
    return reply(refusal(403, "forbidden",
                         "pages of other origins may connect only to a server with tokens"));
  }
  const bool hocuspocus = request.raw_path.starts_with("/hocuspocus/");
  if (!hocuspocus && !request.raw_path.starts_with("/y/"))
    return reply(refusal(404, "not_found", "nothing is served at this path"));
  if (hocuspocus) {
    const Result<Room> room = hocuspocus_room_of(request.raw_path);
    const bool is_default = request.tenant == identity::kDefaultTenant;
    const std::string workspace =
        room ? qualified(is_default ? "" : request.tenant, room->workspace) : std::string();
    return accept(context, request, workspace, hocuspocus_session(context, request, room), reply);
  }
  decide_y(context, std::move(request), std::move(reply));
}

}  // namespace

UpgradeHandler make_upgrade_handler(const AcceptContext& context) {
  return [&context](http::Request request, UpgradeReply reply) {
    decide(context, std::move(request), std::move(reply));
  };
}

}  // namespace syncline::node
