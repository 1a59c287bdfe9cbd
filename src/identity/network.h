// network_of: from which network a client comes, as far as limits and audits count it.
//
// Thread-safety: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace syncline::identity {

// The network of a peer: "203.0.113.5" for IPv4, also if it is written as an IPv6 address, and
// "2001:db8:0:1" for IPv6. What is not an address is its own network.
std::string network_of(std::string_view peer);

}  // namespace syncline::identity
