#include "identity/access.h"

#include <gtest/gtest.h>

namespace syncline::identity {
namespace {

TEST(Access, WithoutTokensEverybodyIsWelcome) {
  const Access access;
  EXPECT_TRUE(access.open());
  EXPECT_EQ(access.authenticate("").value().id, "anonymous");
}

TEST(Access, ATokenGivesItsPrincipal) {
  const Access access({{"secret", {.id = "writer"}},
                       {"look", {.id = "reader", .rights = identity::Rights::reading()}}});
  EXPECT_EQ(access.authenticate("secret").value().id, "writer");
  EXPECT_FALSE(access.authenticate("look").value().rights.has(Right::kWrite));
  EXPECT_EQ(access.authenticate("").error().code, ErrorCode::kUnauthorized);
  EXPECT_EQ(access.authenticate("secre").error().code, ErrorCode::kUnauthorized);
  EXPECT_EQ(access.authenticate("secreT").error().code, ErrorCode::kUnauthorized);
}

TEST(Origins, AnOpenServerListensToThisMachineOnly) {
  const std::string_view host = "127.0.0.1:4400";
  for (const char* good : {"", "http://127.0.0.1:4400", "http://localhost:3000",
                           "https://[::1]:8443", "http://localhost"}) {
    EXPECT_TRUE(origin_allowed(good, host, true)) << good;
  }
  for (const char* bad : {"null", "https://evil.example", "http://localhost.evil.example",
                          "http://127.0.0.1.evil.example", "http://127.evil.example", "file://"}) {
    EXPECT_FALSE(origin_allowed(bad, host, true)) << bad;
  }
}

TEST(Origins, ARebindingNameIsRefusedOnLoopbackAndAPublicServerServesItsOwnPage) {
  EXPECT_FALSE(origin_allowed("http://evil.example:4400", "evil.example:4400", true));
  EXPECT_TRUE(origin_allowed("https://docs.example", "docs.example", false));
  EXPECT_FALSE(origin_allowed("https://other.example", "docs.example", false));
}

TEST(Origins, AreWrittenAsBrowsersSendThem) {
  for (const char* good : {"https://app.example", "http://localhost:3000", "http://127.0.0.1:5173",
                           "https://[::1]:8443", "capacitor://localhost"}) {
    EXPECT_TRUE(check_origin(good)) << good;
  }
  for (const char* bad : {"", "*", "null", "app.example", "https://", "https://app.example/",
                          "https://App.example", "https://a.example/path", "https://*.example",
                          "https://a.example,https://b.example", "://a", "https://a b"}) {
    EXPECT_FALSE(check_origin(bad)) << bad;
  }
}

}  // namespace
}  // namespace syncline::identity
