// Context: what the serving process provides to the API. Everything that needs the operating system
// is an interface.
//
// Thread-safety: immutable while it is used, by all loops concurrently; the same holds for what it
// refers to, unless stated otherwise. It must outlive every request.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_keys.h"
#include "api/backups.h"
#include "api/cors.h"
#include "api/imports.h"
#include "api/security_events.h"
#include "http/asset.h"
#include "identity/authenticator.h"
#include "identity/hosts.h"
#include "identity/ticket_authenticator.h"
#include "limits/tenants.h"
#include "log/checkpoint.h"
#include "node/identify.h"
#include "node/shards.h"
#include "observe/levels.h"
#include "observe/metrics_page.h"
#include "syncline/error.h"

namespace syncline::api {

// The keys under checkpoints: the log name, and the keys that verify, the newest last.
struct PublicKeys {
  std::string log_name;
  std::vector<log::NoteVerifier> keys;
};

struct Context {
  node::Shards& shards;
  const identity::Authenticator& access;
  identity::Hosts hosts = {};
  identity::TenantHosts tenant_hosts = {};
  limits::Tenants* tenants = nullptr;  // nullptr: there is only the default tenant
  node::TokenCookies cookies = {};
  Cors cors = Cors({});  // for /v1
  // If the process does not provide one of these, its routes answer kUnsupported.
  Imports* imports = nullptr;
  Backups* backups = nullptr;
  observe::LevelSwitch* log_levels = nullptr;
  SecurityEvents* security_events = nullptr;
  ApiKeys* api_keys = nullptr;
  const identity::TicketAuthenticator* tickets = nullptr;
  identity::TicketLimits ticket_limits = {};
  std::function<Result<PublicKeys>()> keys;
  // Returns the static file with this path, or nullptr. May be empty.
  std::function<const http::Asset*(std::string_view path)> find_asset = {};
  // Adds the counters of the process to /metrics. Called on any loop. May be empty.
  std::function<void(observe::MetricsPage&)> add_metrics = {};
  const std::atomic<bool>& ready;
  // Why the process cannot do its whole work now, although it runs. Called on any loop; must not
  // wait. May be empty.
  std::function<Result<void>()> health = {};
  bool bound_to_loopback = true;
  bool local = false;  // whoever asks is the operator on this machine (identity::Caller::local)
  std::size_t retention_events = 1024;  // events that one request to apply a rule processes
};

}  // namespace syncline::api
