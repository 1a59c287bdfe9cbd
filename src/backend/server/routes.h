// Which request goes where: the page, health, metrics, the HTTP API, and the endpoints of the
// client protocols.
//
//   GET /                                       the page (and /assets/…)
//   GET /healthz, /readyz                       alive; ready to serve
//   GET /metrics                                Prometheus text
//   /v1/…                                       the HTTP API: server/api.h, and docs/openapi.json,
//                                               which is served as /openapi.json
//   WebSocket /y/{workspace}/{object}           y-websocket
//       ?token=&ack=1
//   WebSocket /hocuspocus/{workspace}           Hocuspocus
//
// Path segments are percent-decoded one by one; an object id is everything behind the workspace, with
// the slashes in it. /v1 and /metrics want a token (Authorization: Bearer, or ?token=) where the server has tokens.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backend/net/server.h"
#include "backend/server/cors.h"
#include "backend/server/loop_shard.h"
#include "policy/access.h"
#include "session/channel.h"

namespace syncline::state {
class RetentionKeeper;
}  // namespace syncline::state

namespace syncline::backend {

class LoopGroup;
class RocksDbStore;
class KeyRing;
class BackupService;
class ImportService;

// What routes need of the node. Outlives the server.
struct RouteContext {
  LoopGroup& loops;
  std::vector<std::unique_ptr<LoopShard>>& shards;
  RocksDbStore& store;
  const KeyRing& keys;
  BackupService& backups;
  ImportService& imports;
  const state::RetentionKeeper& retention;  // on the first loop
  const policy::Access& access;
  Cors cors;  // of /v1
  session::Limits limits;
  session::Gate gate;  // of workspaces, asked when a session opens a document
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

http::Handler make_http_handler(RouteContext& context);
UpgradeHandler make_upgrade_handler(RouteContext& context);

// Who asks for something to be changed. Without tokens, pages of other origins may not, as for
// WebSockets. kUnauthorized, kForbidden.
Result<policy::Principal> may_write(const RouteContext& context, const http::Request& request);

// The request's trace context for events: its traceparent header, "" if that is none
// (www.w3.org/TR/trace-context).
std::string trace_of(const http::Request& request);

// The token of a request: its Authorization header, or its query.
std::string request_token(const http::Request& request);

}  // namespace syncline::backend
