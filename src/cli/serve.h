// `syncline serve`: builds the node, prints where it listens, and waits for a signal. What happens
// meanwhile goes to stderr as lines of a log (backend/report/log_writer.h).
//
// SIGTERM or SIGINT drains the server: it refuses new connections, makes durable and acknowledges
// what clients have sent, and closes sessions with 1001. A second signal ends the process at once.
// If the disk fails, the process ends with exit code 1; edits that were not acknowledged may be
// lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "backend/server/hook_service.h"
#include "backend/server/identity_service.h"

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
  std::size_t max_connections_per_address = kHalf;  // 0: no limit

  static constexpr std::size_t kHalf = ~std::size_t{0};  // of the most that the server takes
};

// Returns the exit code. The tokens come from SYNCLINE_TOKEN and SYNCLINE_READ_TOKEN, or from the
// file.
int run_serve(const ServeOptions& options);

}  // namespace syncline::cli
