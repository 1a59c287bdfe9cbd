// OutboundGuard: to which addresses the server itself may connect when it fetches keys or asks an application.
// Addresses of this machine and of private networks are refused unless the operator allows them: otherwise a
// URL, or a name that somebody points elsewhere, would make the server reach what only it can reach (server-side request
// forgery). A caller resolves a name first, asks about each address, and connects to that address, without
// resolving again.
//
// Refused by default are all addresses that are not of the public internet, after the registries of IANA for special
// purposes: this host and network, private, shared (100.64.0.0/10), loopback, link-local, unique-local, documentation,
// benchmarking, multicast, reserved; and IPv6 addresses that carry an IPv4 address (mapped, compatible, NAT64,
// 6to4, Teredo), where that one is judged or the whole form refused.
//
// Pure functions. An address is 16 bytes in network order; an IPv4 address is "mapped" (::ffff:a.b.c.d).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "syncline/error.h"

namespace syncline::identity {

using IpAddress = std::array<std::uint8_t, 16>;

IpAddress mapped(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d);

// All addresses that begin with the first `bits` bits of `address`.
struct IpNetwork {
  IpAddress address = {};
  unsigned bits = 128;

  bool contains(const IpAddress& other) const;
};

struct OutboundRules {
  bool allow_private = false;               // everything is allowed
  std::vector<IpNetwork> allowed = {};      // besides the public internet
  std::string option = "--outbound-allow";  // by which operators allow more, for messages
};

// True for an address of the public internet.
bool is_public(const IpAddress& address);

// kForbidden. `shown` is the address as text, for the message.
Result<void> check_outbound(const IpAddress& address, const std::string& shown,
                            const OutboundRules& rules);

}  // namespace syncline::identity
