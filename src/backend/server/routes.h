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
//                                               for Accept: application/octet-stream
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

// The token of a request: its Authorization header, or its query.
std::string request_token(const HttpRequest& request);

}  // namespace syncline::backend
