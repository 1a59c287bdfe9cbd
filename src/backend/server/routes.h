// Which request goes where: the page, health, metrics, the HTTP API, and the endpoints of the
// client protocols.
//
//   GET /                                       the page (and /assets/…)
//   GET /healthz, /readyz                       alive; ready to serve
//   GET /metrics                                Prometheus text
//   GET /v1/workspaces                          {"workspaces":[…],"next":…}
//       ?after=&limit=
//   GET /v1/workspaces/{ws}/objects             {"objects":[…],"next":…}
//       ?prefix=&after=&limit=
//   GET /v1/workspaces/{ws}/objects/{object}    JSON of the state; or the state as a Yjs update,
//       ?at=                                    for Accept: application/octet-stream. With `at` as
//                                               it was then: a position, a time or the name of a pin
//                                               (state/moment.h)
//   GET /v1/workspaces/{ws}/state               {"at":…,"objects":[{"object":…,"position":…,
//       ?at=&prefix=&after=&limit=              "state":…}],"next":…}: all objects, as they were
//   GET /v1/workspaces/{ws}/changes             {"from":…,"to":…,"changes":[…],"next":…}: what each
//   GET /v1/workspaces/{ws}/changes/{object}    event between two moments changed
//       ?from=&to=&after=&limit=                (backend/server/history_json.h)
//   GET /v1/workspaces/{ws}/blame/{object}      {"texts":[{"path":…,"runs":[{"text":…,"position":…,
//       ?at=                                    "time":…,"principal":…,"actor":…}]}]}
//   GET /v1/workspaces/{ws}/pins                {"pins":[…],"next":…}
//       ?after=&limit=
//   PUT, DELETE /v1/workspaces/{ws}/pins/{name} sets a pin at a moment, or at the end; removes it
//       ?at=
//   POST /v1/workspaces/{ws}/restore/{object}   makes a state of the past the present one, by a change
//       ?at=&confirm={ws}                       on top of what is there; or gives it to an object of
//       ?at=&into=                              another workspace that does not exist yet; or only
//       ?at=&dry_run=1                          says what would change. {"position":…,"changed":…,
//       &or_empty=1                             "changes":[…]}. What did not exist then becomes empty
//   GET /v1/workspaces/{ws}/log                 one JSON line per event
//       ?after=&limit=&object=
//   GET /v1/workspaces/{ws}/checkpoint          the log as it is, signed (log/checkpoint.h)
//   GET /v1/workspaces/{ws}/proof/{position}    that this event is in it (C2SP tlog-proof)
//   GET /v1/workspaces/{ws}/consistency         {"from":…,"to":…,"hashes":[base64…]}: that the first
//       ?from=&to=                              `from` events begin the first `to`
//   GET /v1/keys                                verification keys, one a line, the newest last
//   WebSocket /y/{ws}/{object}                  y-websocket
//       ?token=&ack=1
//   WebSocket /hocuspocus/{ws}                  Hocuspocus
//
// Path segments are percent-decoded one by one; an object id may span several. /v1 and /metrics
// want a token (Authorization: Bearer, or ?token=) where the server has tokens.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backend/net/server.h"
#include "backend/server/loop_shard.h"
#include "policy/access.h"

namespace syncline::backend {

class LoopGroup;
class RocksDbStore;
class KeyRing;

// What routes need of the node. Outlives the server.
struct RouteContext {
  LoopGroup& loops;
  std::vector<std::unique_ptr<LoopShard>>& shards;
  RocksDbStore& store;
  const KeyRing& keys;
  const policy::Access& access;
  session::Limits limits;
  std::atomic<bool>& ready;
  std::function<ServerCounters()> server_counters;
  bool bound_to_loopback = true;
};

// The loop that a workspace lives on.
std::size_t loop_of(const RouteContext& context, std::string_view workspace);

// "/y/{workspace}/{object}": the decoded parts behind `prefix`. kNotFound when the path does not
// begin with the prefix, kInvalid when a name is not allowed.
struct ObjectPath {
  std::string workspace;
  std::string object;  // empty if the path names none
};
Result<ObjectPath> parse_object_path(std::string_view raw_path, std::string_view prefix);

HttpHandler make_http_handler(RouteContext& context);
UpgradeHandler make_upgrade_handler(RouteContext& context);

// Who asks for something to be changed. Without tokens, pages of other origins may not, as for
// WebSockets. kUnauthorized, kForbidden.
Result<policy::Principal> may_write(const RouteContext& context, const HttpRequest& request);

// The request's trace context for events: its traceparent header, "" if that is none
// (www.w3.org/TR/trace-context).
std::string trace_of(const HttpRequest& request);

// The token of a request: its Authorization header, or its query.
std::string request_token(const HttpRequest& request);

}  // namespace syncline::backend
