// The HTTP API under /v1 and /streams: a table of routes, which openapi.json describes for clients. Tests
// compare the two, and compare the answers with openapi.json.
//
// A route names the right that it needs and its handler. The dispatcher (api/dispatch.h) does
// everything before that, once for all routes: it finds out who asks, checks the right and the scope of the
// token, and asks whether the workspace admits the caller. A handler checks none of this.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "api/context.h"
#include "api/path.h"
#include "api/streaming.h"
#include "http/exchange.h"
#include "identity/caller.h"
#include "identity/rights.h"
#include "node/shard.h"
#include "state/jobs.h"
#include "state/quarantine.h"

namespace syncline::api {

using identity::Right;

// A request that was admitted, and the means to answer it: once, from any loop.
struct Call {
  Context& context;
  // The shard that owns the workspace in the path; the handler runs on its loop. If the path names
  // no workspace, the shard of the loop on which the request arrived.
  node::Shard& shard;
  http::Request request;
  Path path;
  identity::Caller caller;
  http::Responder responder;
  // Becomes true when the client has left; nullptr: nobody knows.
  std::shared_ptr<const std::atomic<bool>> abandoned = nullptr;

  void answer(http::Response response) { responder.respond(std::move(response)); }
  void refuse(const Error& error);
};

// A request whose answer takes long. Its handler runs on a worker (state/jobs.h), and uses nothing of
// a loop: neither objects in memory nor a shard. What the log holds is durable, so nothing waits.
struct Inquiry {
  Context& context;
  const state::ReplaySources& sources;  // of the worker
  http::Request request;
  Path path;
  identity::Caller caller;
  http::Responder responder;
  // The entry of the path's object, if it was in quarantine when the request came.
  std::optional<state::Quarantined> held;
  // False: it is known that nothing was deleted in the path's workspace.
  bool may_have_deletions = true;
  state::JobSlot slot;
  Sending sending;

  void answer(http::Response response) { responder.respond(std::move(response)); }
  // Ends the job before: what it has read is no reason to refuse its own answer.
  void answer(Answer made);
  void refuse(const Error& error);
};

// `path` is a literal, and a template: "{workspace}" and "{session}" match one segment; another name at its end matches
// everything that follows, including slashes. A GET route also answers HEAD.
struct Route {
  enum Door : std::uint8_t {
    kWhileOpen,         // the workspace must admit the caller
    kAlsoWhileShut,     // also while the workspace is shut, for routes that deal with that
    kAlsoWhileDeleted,  // also while it is deleted, for routes that deal with that
  };
  // What the caller's token must reach (identity/scope.h).
  enum Scope : std::uint8_t {
    kOfPath,  // what the path names; the server as a whole, if it names no workspace
    // What lists objects: those whose names begin with the parameter `prefix`, of the workspace in the path.
    kOfPrefix,
    // What lists something of one object, which the parameter `resource` names. Without it, as kOfPrefix.
    kOfResource,
    kNone,  // nothing: the answer is about the caller alone, or the handler checks what the body names
  };

  std::string_view method;
  std::string_view path;
  Right right;
  std::variant<void (*)(Call), void (*)(Inquiry)> serve;
  Door door = kWhileOpen;
  Scope scope = kOfPath;
};

// The order of a job that answers the call; `name` is a constant.
state::JobOrder answer_order(const Call& call, const char* name);
// How an answer to the call is sent.
Sending sending_of(const Call& call, const char* name);

// Where the answer to the call is charged; may be nullptr.
SharedCell answer_cell(const Call& call);

// Has a worker answer a request that was admitted. Runs on the loop that owns the workspace.
void inquire(Call call, const char* name, std::move_only_function<void(Inquiry)> serve);

std::span<const Route> state_routes();   // present states
std::span<const Route> write_routes();   // changes by those who have no replica
std::span<const Route> delete_routes();  // deleting objects
std::span<const Route> delete_workspace_routes();
std::span<const Route> history_routes();  // past states, and who changed them
std::span<const Route> restore_routes();
std::span<const Route> retention_routes();  // how much history is kept
std::span<const Route> backup_routes();
std::span<const Route> proof_routes();  // the log, and proofs that nobody changed it
std::span<const Route> export_routes();
std::span<const Route> import_routes();
std::span<const Route> quarantine_routes();  // objects that cannot be served
std::span<const Route> shut_routes();        // workspaces that cannot be served
std::span<const Route> log_level_routes();   // what the server logs
std::span<const Route> session_routes();     // who is connected
std::span<const Route> people_routes();      // names of people
std::span<const Route> revocation_routes();  // what is revoked
std::span<const Route> security_event_routes();
std::span<const Route> api_key_routes();
std::span<const Route> ticket_routes();
std::span<const Route> tenant_routes();
std::span<const Route> policy_routes();      // who may do what
std::span<const Route> simulation_routes();  // other policies, tried on what has happened
std::span<const Route> access_routes();      // who could reach an object
std::span<const Route> rights_routes();      // what the caller may do
std::span<const Route> link_routes();        // links to an object
std::span<const Route> audit_routes();
std::span<const Route> event_routes();   // what happens, as it happens
std::span<const Route> search_routes();  // where a text stands
std::span<const Route> mcp_routes();     // agents
std::span<const Route> copy_routes();
std::span<const Route> stream_routes();  // Durable Streams
std::span<const Route> file_routes();
std::span<const Route> upload_routes();  // of files, resumable
std::span<const Route> webhook_routes();  // what happens, told to receivers elsewhere

}  // namespace syncline::api
