// Hosts: the names under which a server may be addressed, that is, the Host header of a request.
// Pure decisions.
//
// A server without tokens trusts everybody who can reach it. A web page can reach it, too: the page
// comes from a name of its own, and that name then points to the address of the server (DNS
// rebinding). For the browser, the page and the server now have the same origin, so the page may
// read what the server answers. The Host header still holds the name of the page. So a server
// without tokens accepts only names that nobody else can have, and the names that its operator
// lists.
//
// Thread-safety: immutable after construction.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syncline/error.h"

namespace syncline::identity {

class Hosts {
 public:
  // Only the names of this machine.
  Hosts() = default;
  // Each of `listed` must satisfy check_host_name(). `bound_to_loopback`: only this machine can
  // reach the server.
  Hosts(const std::vector<std::string>& listed, bool bound_to_loopback);

  // `host` is the Host header, with or without a port; `open` says that the server has no tokens.
  //
  // The names of this machine ("localhost", 127.0.0.0/8, "[::1]") and the listed names are always
  // accepted, with every port. If nothing is listed, a server with tokens accepts every name, and
  // an open server that other machines can reach accepts every numeric address, because DNS is not
  // involved in one. kForbidden with the reason for everything else.
  Result<void> check(std::string_view host, bool open) const;

 private:
  std::vector<std::string> listed_;  // in lower case
  bool bound_to_loopback_ = true;
};

// The names under which tenants are addressed: "acme.docs.example" is the tenant acme, on every port.
class TenantHosts {
 public:
  TenantHosts() = default;
  // Pairs of a host, which must satisfy check_host_name(), and a tenant.
  explicit TenantHosts(const std::vector<std::pair<std::string, std::string>>& tenants);

  // `host` is the Host header. "": it is the host of no tenant. Valid as long as this object.
  std::string_view tenant_of(std::string_view host) const;

 private:
  std::vector<std::pair<std::string, std::string>> tenants_;  // the hosts in lower case
};

// Checks a name as an operator lists it: "docs.example", "192.168.1.5", "[2001:db8::1]", without a
// port. kInvalid with the reason.
Result<void> check_host_name(std::string_view name);

}  // namespace syncline::identity
