#include "identity/outbound_guard.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace syncline::identity {
namespace {

IpAddress address_of(const std::string& text) {
  in_addr four{};
  IpAddress address = mapped(0, 0, 0, 0);
  if (inet_pton(AF_INET, text.c_str(), &four) == 1)
    std::memcpy(address.data() + 12, &four, 4);
  else
    EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), address.data()), 1) << text;
  return address;
}

TEST(OutboundGuard, ThePublicInternetMayBeReached) {
  for (const char* text :
       {"1.0.0.0",        "1.1.1.1",         "8.8.8.8",         "9.255.255.255",
        "11.0.0.0",       "100.63.255.255",  "100.128.0.0",     "126.255.255.255",
        "128.0.0.0",      "169.253.255.255", "169.255.0.0",     "172.15.255.255",
        "172.32.0.0",     "191.255.255.255", "192.0.1.0",       "192.0.3.0",
        "192.88.98.255",  "192.88.100.0",    "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0",      "198.51.99.255",   "198.51.101.0",
        "203.0.112.255",  "203.0.114.0",     "223.255.255.255", "2000::",
        "2001:200::1",    "2001:db7:ffff::", "2001:db9::",      "2001:4860:4860::8888",
        "2003::1",        "2606:4700::1111", "2a00:1450::1",    "3ffe:ffff::1",
        "3fff:1000::",    "::ffff:8.8.8.8",  "64:ff9b::8.8.8.8"})
    EXPECT_TRUE(is_public(address_of(text))) << text;
}

TEST(OutboundGuard, WhatIsPrivateOrSpecialMayNot) {
  for (const char* text :
       {"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
        "127.0.0.0", "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254",
        "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.0",
        "192.0.2.255", "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0",
        "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.0", "239.255.255.255",
        "240.0.0.0", "255.255.255.255",
        // IPv6: unspecified, loopback, IPv4-compatible, mapped, NAT64 with such an address
        "::", "::1", "::2", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::ffff:169.254.169.254", "::ffff:0:8.8.8.8", "64:ff9b::10.0.0.1", "64:ff9b::127.0.0.1",
        "64:ff9b:1::8.8.8.8", "100::1", "1fff:ffff::", "4000::", "5f00::1",
        // Teredo, ORCHID, benchmarking, documentation, 6to4
        "2001::1", "2001:0:ffff::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff::1",
        "2001:db8::1", "2001:db8:ffff::1", "2002::1", "2002:7f00:1::", "3fff::1", "3fff:fff::1",
        // unique-local, link-local, site-local, multicast
        "fc00::1", "fd12:3456::1", "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1",
        "ffff:ffff::"})
    EXPECT_FALSE(is_public(address_of(text))) << text;
}

TEST(OutboundGuard, AnOperatorAllowsNetworksOrEverything) {
  const auto may = [](const char* text, const OutboundRules& rules) {
    return check_outbound(address_of(text), text, rules).has_value();
  };
  EXPECT_FALSE(may("10.1.2.3", {}));
  EXPECT_TRUE(may("10.1.2.3", {.allow_private = true}));
  const OutboundRules rules{.allowed = {{address_of("10.1.0.0"), 96 + 16},
                                        {address_of("fd00::"), 8},
                                        {address_of("127.0.0.1"), 128}}};
  EXPECT_TRUE(may("10.1.2.3", rules));
  EXPECT_TRUE(may("::ffff:10.1.2.3", rules));
  EXPECT_FALSE(may("10.2.0.0", rules));
  EXPECT_TRUE(may("fd99::1", rules));
  EXPECT_FALSE(may("fc99::1", rules));
  EXPECT_TRUE(may("127.0.0.1", rules));
  EXPECT_FALSE(may("127.0.0.2", rules));
  EXPECT_TRUE(may("1.1.1.1", rules));
  const auto refused = check_outbound(address_of("10.2.0.0"), "10.2.0.0", rules);
  EXPECT_EQ(refused.error().code, ErrorCode::kForbidden);
  EXPECT_TRUE(refused.error().message.starts_with("10.2.0.0 is not an address"));
}

TEST(OutboundGuard, ANetworkEndsAtItsBits) {
  const IpNetwork network{address_of("10.1.2.128"), 96 + 25};
  EXPECT_TRUE(network.contains(address_of("10.1.2.128")));
  EXPECT_TRUE(network.contains(address_of("10.1.2.255")));
  EXPECT_FALSE(network.contains(address_of("10.1.2.127")));
  EXPECT_TRUE((IpNetwork{.bits = 0}).contains(address_of("1.2.3.4")));
}

}  // namespace
}  // namespace syncline::identity
