#include "backend/server/node_options.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "identity/names.h"
#include "node/identify.h"
#include "node/memory_plan.h"

namespace syncline::backend {

Result<void> check_options(const NodeOptions& options) {
  for (const std::string& name : {options.region, options.node}) {
    if (name.size() > log::kMaxPlaceBytes || !is_valid_utf8(name) || name.find('\0') != name.npos)
      return fail(ErrorCode::kInvalid,
                  fmt::format("the name of a region or node has at most {} bytes, in UTF-8",
                              log::kMaxPlaceBytes));
  }
  for (const std::string& origin : options.cors_origins) {
    if (auto valid = identity::check_origin(origin); !valid) return valid;
  }
  for (const std::string& host : options.allow_hosts) {
    if (auto valid = identity::check_host_name(host); !valid) return valid;
  }
  for (const auto& [host, tenant] : options.tenant_hosts) {
    if (auto valid = identity::check_host_name(host); !valid) return valid;
    if (auto valid = identity::check_tenant_name(tenant); !valid) return valid;
  }
  if (options.memory_bytes < node::MemoryPlan::kLeastBytes)
    return fail(ErrorCode::kInvalid, fmt::format("the server needs at least {} MiB of memory",
                                                 node::MemoryPlan::kLeastBytes >> 20));
  if (options.max_change_steps < state::LoopShare{}.steps)
    return fail(ErrorCode::kInvalid,
                fmt::format("a change must be allowed to take at least {} steps",
                            state::LoopShare{}.steps));
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return fail(ErrorCode::kInvalid, "TLS needs both a certificate and a key");
  }
  const bool open = options.access.open() && options.identity.empty() && !options.require_token;
  if (!is_loopback(options.address) && open && !options.insecure) {
    return fail(
        ErrorCode::kInvalid,
        fmt::format(
            "{} can be reached from other machines, and there is no token: give one "
            "(SYNCLINE_TOKEN or --token-file), say where keys for JWTs are, say --require-token if "
            "there are API keys, or say --insecure",
            options.address));
  }
  if (!options.token_cookie.empty() && options.cors_origins.empty())
    return fail(ErrorCode::kInvalid,
                "--token-cookie: cookies count only from pages that --cors-origin names");
  if (!node::is_cookie_name(options.token_cookie))
    return fail(ErrorCode::kInvalid, "--token-cookie: this is no name of a cookie");
  return {};
}

// Names need no list while tokens keep strangers out.
std::vector<std::string> allowed_hosts(const NodeOptions& options) {
  std::vector<std::string> hosts = options.allow_hosts;
  const bool open = options.access.open() && options.identity.empty();
  if (hosts.empty() && !open) return hosts;
  for (const auto& [host, tenant] : options.tenant_hosts) hosts.push_back(host);
  return hosts;
}

bool is_loopback(const std::string& address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

}  // namespace syncline::backend
