#include "identity/outbound_guard.h"

#include <algorithm>
#include <initializer_list>
#include <span>

namespace syncline::identity {
namespace {

constexpr IpNetwork v6(std::initializer_list<std::uint16_t> groups, unsigned bits) {
  IpNetwork network{.bits = bits};
  std::size_t at = 0;
  for (const std::uint16_t group : groups) {
    network.address[at++] = static_cast<std::uint8_t>(group >> 8);
    network.address[at++] = static_cast<std::uint8_t>(group & 0xff);
  }
  return network;
}

constexpr IpNetwork v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, unsigned bits) {
  return {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, 0}, .bits = 96 + bits};
}

constexpr IpNetwork kMapped = v4(0, 0, 0, 0);
constexpr IpNetwork kNat64 = v6({0x64, 0xff9b}, 96);
constexpr IpNetwork kGlobalV6 = v6({0x2000}, 3);

constexpr IpNetwork kSpecialV4[] = {
    v4(0, 0, 0, 8),        // "this network"
    v4(10, 0, 0, 8),       // private
    v4(100, 64, 0, 10),    // shared, behind NAT of a carrier
    v4(127, 0, 0, 8),      // loopback
    v4(169, 254, 0, 16),   // link-local; also where clouds serve secrets
    v4(172, 16, 0, 12),    // private
    v4(192, 0, 0, 24),     // protocol assignments
    v4(192, 0, 2, 24),     // documentation
    v4(192, 88, 99, 24),   // relays of 6to4
    v4(192, 168, 0, 16),   // private
    v4(198, 18, 0, 15),    // benchmarking
    v4(198, 51, 100, 24),  // documentation
    v4(203, 0, 113, 24),   // documentation
    v4(224, 0, 0, 4),      // multicast
    v4(240, 0, 0, 4),      // reserved, and broadcast
};

// Within 2000::/3; all that is outside is refused anyway.
constexpr IpNetwork kSpecialV6[] = {
    v6({0x2001}, 23),         // protocol assignments; Teredo and ORCHID among them
    v6({0x2001, 0xdb8}, 32),  // documentation
    v6({0x2002}, 16),         // 6to4
    v6({0x3fff}, 20),         // documentation
};

bool any_contains(std::span<const IpNetwork> networks, const IpAddress& address) {
  return std::ranges::any_of(networks, [&](const IpNetwork& n) { return n.contains(address); });
}

}  // namespace

IpAddress mapped(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
}

bool IpNetwork::contains(const IpAddress& other) const {
  for (unsigned bit = 0; bit < bits; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if (((address[bit / 8] ^ other[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

bool is_public(const IpAddress& address) {
  if (kMapped.contains(address)) return !any_contains(kSpecialV4, address);
  if (kNat64.contains(address))
    return is_public(mapped(address[12], address[13], address[14], address[15]));
  return kGlobalV6.contains(address) && !any_contains(kSpecialV6, address);
}

Result<void> check_outbound(const IpAddress& address, const std::string& shown,
                            const OutboundRules& rules) {
  if (rules.allow_private || is_public(address) || any_contains(rules.allowed, address)) return {};
  return fail(ErrorCode::kForbidden,
              shown + " is not an address of the public internet (" + rules.option + " allows it)");
}

}  // namespace syncline::identity
