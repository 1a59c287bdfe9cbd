// `syncline serve`: builds the node, prints where it listens, and waits for a signal. What happens
// meanwhile goes to stderr as lines of a log (backend/report/log_writer.h).
//
// SIGHUP makes it take over changed files and options (run_serve()).
//
// SIGTERM or SIGINT drains the server: it refuses new connections, makes durable and acknowledges
// what clients have sent, and closes sessions with 1001. A second signal ends the process at once.
// If the disk fails, the process ends with exit code 1; edits that were not acknowledged may be
// lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "backend/server/hook_service.h"
#include "backend/server/identity_service.h"
#include "cli/console.h"
#include "syncline/error.h"

namespace syncline::cli {

struct ServeOptions {
  std::string data_dir = "syncline-data";
  std::string backup_dir;
  std::string log_name;
  std::string region;
  bool stamp_presence = false;
  std::uint32_t guest_days = 90;
  bool audit = false;
  std::string node;
  std::string address = "127.0.0.1";
  std::uint16_t port = 4400;
  std::string tls_certificate;
  std::string tls_key;
  std::string token_file;  // "-": none; its first line is the read-write token
  bool require_token = false;
  std::string token_cookie;
  std::uint32_t max_ticket_seconds = 86'400;
  std::vector<std::string> cors_origins;
  std::vector<std::string> allow_hosts;
  std::vector<std::string> tenant_hosts;  // NAME=TENANT
  bool insecure = false;
  backend::HookOptions hooks = {};
  backend::IdentityOptions identity = {};
  std::uint32_t jwt_leeway_seconds = 30;
  std::string jwt_rights = "write";  // of tokens, if no claim says which
  bool verify = false;               // verify everything before serving
  bool check = false;                // only say whether it could serve
  std::size_t threads = 0;
  std::size_t memory_mib = 2048;
  std::size_t max_message_mib = 32;
  std::uint32_t checkpoint_seconds = 60;
  std::uint64_t checkpoint_events = 10'000;
  std::size_t disk_reserve_mib = 64;
  std::uint32_t import_idle_seconds = 3600;
  std::uint32_t drain_seconds = 10;
  std::string metrics_listen;       // ADDRESS:PORT; "": no listener for metrics alone
  std::string log_level = "info";   // observe/levels.h
  std::string log_format = "auto";  // "auto": text on a terminal, otherwise JSON
  bool json = false;
  std::uint64_t max_change_steps = std::uint64_t{1} << 27;
  // A second (limits/rates.h); 0: no limit.
  std::uint64_t rate_messages = 10'000;
  std::uint64_t rate_mib = 64;
  std::uint64_t rate_presence = 400;
  std::uint64_t rate_broadcasts = 200;
  std::uint64_t rate_joins = 100;
  std::uint64_t rate_requests = 2000;
  std::uint64_t rate_connections = 1000;
  std::uint64_t rate_address_factor = 50;
  std::uint64_t rate_principal_factor = 500;
  std::size_t max_event_streams = 10'000;           // of a principal; 0: no limit
  std::size_t max_connections_per_address = kHalf;  // 0: no limit

  static constexpr std::size_t kHalf = ~std::size_t{0};  // of the most that the server takes
};

// The options as they are when a running server is to take them over: the command line and the
// environment of the process, and the config file as it is then.
struct RereadOptions {
  ServeOptions options;
  std::vector<std::string> restart;  // those that differ, and that only a restart takes over
};
using Reread = std::function<Result<RereadOptions>()>;

// Returns the exit code. The tokens come from SYNCLINE_TOKEN and SYNCLINE_READ_TOKEN, or from the
// file.
//
// SIGHUP, and a request of an administrator, make the server take over the certificate, the keys for
// JWTs, the rates, and the levels of the log, as `reread` gives them: all of them, or none if
// something cannot be used.
int run_serve(const ServeOptions& options, const Reread& reread);

// Checks what a start would check first, and neither listens nor changes anything: the options, the
// token, the certificate, the keys, the data directory. Returns the exit code.
int check_serve(const ServeOptions& options, Console& console);

}  // namespace syncline::cli
