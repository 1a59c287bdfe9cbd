// Node: one running server. `main` builds it and passes it down.
//
//   store ── one LoopStore per loop ── ObjectCache, Host (workspaces) ── sessions ── network
//
// The hash of a workspace's name decides on which loop the workspace lives. A connection moves to
// that loop before its handshake is answered. Loops share only the committer and the readers of the
// store.
//
// Thread-safety: start(), drain(), stop() and the accessors must be called from one thread that is
// not a loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/server/hook_service.h"
#include "backend/server/identity_service.h"
#include "identity/access.h"
#include "identity/ticket_authenticator.h"
#include "limits/rates.h"
#include "log/checkpoint_keeper.h"
#include "state/jobs.h"
#include "syncline/error.h"

namespace syncline::backend {

class LogWriter;

struct NodeOptions {
  std::string data_dir = "syncline-data";
  std::string log_name;           // the log name in checkpoints; "": the name so far
  bool stamp_presence = false;    // workspace/stamp.h
  bool audit = false;             // write the audit logs of tenants (log/audit.h)
  std::uint64_t guest_days = 90;  // workspace/guest_keeper.h
  std::string region;             // as events store them; at most log::kMaxPlaceBytes
  std::string node;
  std::string address = "127.0.0.1";
  std::uint16_t port = 4400;
  std::string tls_certificate;  // PEM paths; both or neither
  std::string tls_key;
  identity::Access access;
  IdentityOptions identity;  // other tokens than those that many share
  bool require_token =
      false;  // let nobody in without a token, also if there are only API keys and tickets
  // A cookie that carries tokens of pages of `cors_origins` (node/identify.h); "": none does.
  std::string token_cookie = {};
  identity::TicketLimits ticket_limits = {};
  // Origins of web pages that may use the HTTP API (api/cors.h).
  std::vector<std::string> cors_origins = {};
  // Names under which clients may address the server, besides those of this machine
  // (identity/hosts.h).
  std::vector<std::string> allow_hosts = {};
  // Hosts that are addresses of tenants: pairs of a name and a tenant (identity::TenantHosts).
  std::vector<std::pair<std::string, std::string>> tenant_hosts = {};
  bool insecure = false;  // allow a public address without tokens
  HookOptions hooks = {};
  std::size_t loops = 0;  // 0: one per core
  // Resident memory of the process, which node::plan_memory shares out; at least
  // node::MemoryPlan::kLeastBytes.
  std::size_t memory_bytes = std::size_t{2} << 30;
  std::size_t max_message_bytes = std::size_t{32} << 20;
  // That applying one change may take (state::LoopShare::most_steps).
  std::uint64_t max_change_steps = state::LoopShare{}.most_steps;
  // Kept on the disk for the time when it is full (backend/store/disk_reserve.h); 0: nothing.
  std::size_t disk_reserve_bytes = std::size_t{64} << 20;
  // Fewer, if the process may not have so many files open (RLIMIT_NOFILE, which the node raises).
  std::size_t max_connections = 100'000;
  // Of one network (limits/rates.h). nullopt: half of max_connections; 0: no limit.
  std::optional<std::size_t> max_connections_per_address = {};
  limits::Rates rates = limits::default_rates();
  std::string backup_dir;  // where clients with the right may have backups written; "": disabled
  log::CheckpointPace checkpoint_pace = {};
  std::uint64_t import_idle_ms = 3'600'000;  // an import that gets no bytes for so long is given up
  std::uint64_t retention_interval_ms = 60'000;  // between rounds of the retention rules
  // A second listener, which serves /metrics to everybody and nothing else. "": none.
  std::string metrics_address;
  std::uint16_t metrics_port = 0;  // 0: a free one
  // Where the node reports what happens; its levels can be changed over the HTTP API. Must outlive
  // the node. nullptr: it reports nothing.
  LogWriter* log = nullptr;
  // Called once, on any thread, when the disk has failed. The process must then stop serving.
  std::function<void(const Error&)> on_storage_failure;
};

class Node {
 public:
  // Opens the store, starts the loops, and listens. kInvalid for options that contradict each
  // other, such as a public address without a token.
  static Result<std::unique_ptr<Node>> start(NodeOptions options);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  std::uint16_t port() const;       // the real port
  std::string url() const;          // "http://127.0.0.1:4400"
  std::string metrics_url() const;  // of the second listener; "": none

  // Readiness becomes false, no new connection is accepted, and sessions are closed with 1001 once
  // what they sent is answered. True if all have ended within `deadline_ms`.
  bool drain(std::uint64_t deadline_ms);

 private:
  struct Impl;
  explicit Node(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace syncline::backend
