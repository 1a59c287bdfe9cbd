#include "identity/network.h"

#include <initializer_list>
#include <utility>

#include <gtest/gtest.h>

namespace syncline::identity {
namespace {

TEST(Network, IsAnAddressOr64BitsOfOne) {
  for (const auto& [peer, network] : std::initializer_list<std::pair<const char*, const char*>>{
           {"203.0.113.5:51234", "203.0.113.5"},
           {"[::ffff:203.0.113.5]:1", "203.0.113.5"},
           {"[2001:db8:1:2:3:4:5:6]:1", "2001:db8:1:2"},
           {"[2001:db8::1]:1", "2001:db8:0:0"},
           {"[2001:db8:1:2::]:1", "2001:db8:1:2"},
           {"[2001:db8:0:1:ffff::9]:1", "2001:db8:0:1"},
           {"[::1]:1", "0:0:0:0"},
           {"[::2:3:4:5:6:7:8]:1", "0:2:3:4"},
           {"[1::]:1", "1:0:0:0"},
           {"unknown", "unknown"}}) {
    EXPECT_EQ(network_of(peer), network) << peer;
  }
}

}  // namespace
}  // namespace syncline::identity
