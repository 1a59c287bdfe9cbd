#include "identity/hosts.h"

#include <gtest/gtest.h>

namespace syncline::identity {
namespace {

constexpr bool kOpen = true;
constexpr bool kWithTokens = false;

TEST(Hosts, AnOpenServerAnswersToTheNamesOfThisMachine) {
  const Hosts hosts;
  for (const char* good : {"localhost", "localhost:4400", "LocalHost:1", "127.0.0.1:4400",
                           "127.8.9.10", "[::1]", "[::1]:4400"}) {
    EXPECT_TRUE(hosts.check(good, kOpen)) << good;
  }
  for (const char* bad :
       {"", "evil.example", "evil.example:4400", "localhost.evil.example", "127.0.0.1.evil.example",
        "evil.example@localhost", "localhost@evil.example", "[::1].evil.example", "[::1",
        "localhost:4400:evil", "localhost:evil", "192.168.1.5", "[2001:db8::1]:4400", "0.0.0.0",
        ":4400", "localhost/evil", "localhost evil", "\xff"}) {
    const auto refused = hosts.check(bad, kOpen);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, ErrorCode::kForbidden);
  }
  EXPECT_NE(
      hosts.check("evil.example:4400", kOpen).error().message.find("--allow-host evil.example"),
      std::string::npos);
}

TEST(Hosts, ListedNamesAreAcceptedWithEveryPort) {
  const Hosts hosts({"Docs.example", "[2001:db8::1]"}, true);
  for (const char* good : {"docs.example", "docs.example:4400", "DOCS.example", "localhost:4400",
                           "[2001:DB8::1]:4400"}) {
    EXPECT_TRUE(hosts.check(good, kOpen)) << good;
    EXPECT_TRUE(hosts.check(good, kWithTokens)) << good;
  }
  for (const char* bad : {"evil.example", "docs.example.evil", "a.docs.example", "192.168.1.5"}) {
    EXPECT_FALSE(hosts.check(bad, kOpen)) << bad;
    EXPECT_FALSE(hosts.check(bad, kWithTokens)) << bad << ": an option that is given is enforced";
  }
}

TEST(Hosts, AServerWithTokensAcceptsEveryNameUnlessSomeAreListed) {
  EXPECT_TRUE(Hosts().check("docs.example", kWithTokens));
  EXPECT_TRUE(Hosts({}, false).check("", kWithTokens));
}

TEST(Hosts, AnOpenServerOnAPublicAddressAnswersToAddresses) {
  const Hosts hosts({}, false);
  for (const char* good : {"192.168.1.5:4400", "[2001:db8::1]:4400", "localhost"})
    EXPECT_TRUE(hosts.check(good, kOpen)) << good;
  for (const char* bad : {"evil.example", "1.2.3.4.example", "0x7f.1"})
    EXPECT_FALSE(hosts.check(bad, kOpen)) << bad;
  EXPECT_FALSE(Hosts({"docs.example"}, false).check("192.168.1.5", kOpen));
}

TEST(Hosts, AreListedWithoutSchemeAndPort) {
  for (const char* good : {"docs.example", "a", "192.168.1.5", "[::1]", "my_host-2.local"})
    EXPECT_TRUE(check_host_name(good)) << good;
  for (const char* bad : {"", "*", "*.example", "docs.example:80", "https://docs.example", "::1",
                          "[]", "[x]", "a b", "docs.example/"}) {
    const auto refused = check_host_name(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  }
  EXPECT_FALSE(check_host_name(std::string(256, 'a')));
}

}  // namespace
}  // namespace syncline::identity
