// How a request carries its token, and whose cookies count.
#include "node/identify.h"

#include <gtest/gtest.h>

#include <string>

#include "http/parser.h"
#include "support/virtual_loop.h"

namespace syncline::node {
namespace {

const TokenCookies kCookies{.name = "session", .origins = {"https://app.example"}};
const std::string kApp = "Origin: https://app.example\r\n";
const std::string kCookie = "Cookie: session=in-cookie\r\n";
const std::string kUpgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

std::string token(const std::string& headers, const std::string& target = "/v1/workspaces",
                  const TokenCookies& cookies = kCookies, const std::string& method = "GET") {
  auto head = http::parse_request_head(
      method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n", {});
  EXPECT_TRUE(head.has_value()) << headers;
  return head ? token_of(head->request, cookies) : "malformed";
}

TEST(TokenOf, TheFirstOfTheWaysCounts) {
  const std::string offered = "Sec-WebSocket-Protocol: yjs, syncline.token.offered\r\n";
  const std::string all = "Authorization: Bearer header\r\n" + kUpgrade + offered + kApp + kCookie;
  EXPECT_EQ(token(all, "/y/w/x?token=parameter"), "header");
  EXPECT_EQ(token(kUpgrade + offered + kApp + kCookie, "/y/w/x?token=parameter"), "parameter");
  EXPECT_EQ(token(kUpgrade + offered + kApp + kCookie), "offered");
  EXPECT_EQ(token(kUpgrade + kApp + kCookie), "in-cookie");
  EXPECT_EQ(token(offered), "");  // no handshake
  EXPECT_EQ(token("authorization: bearer x\r\n"), "x");
  EXPECT_EQ(token("Authorization: Basic x\r\n"), "");
  EXPECT_EQ(token("", "/y/w/x?token="), "");
}

// A browser adds the cookie to the request of any page (CSRF), and lets no page set Origin.
TEST(TokenOf, ACookieCountsOnlyFromAPageThatIsNamed) {
  for (const std::string& method : {std::string("GET"), std::string("PUT"), std::string("POST")}) {
    const auto read = [&](const std::string& headers, const TokenCookies& cookies = kCookies) {
      return token(headers, "/v1/workspaces", cookies, method);
    };
    EXPECT_EQ(read(kApp + kCookie), "in-cookie");
    EXPECT_EQ(read(kCookie), "");
    EXPECT_EQ(read("Origin: null\r\n" + kCookie), "");
    EXPECT_EQ(read("Origin: https://elsewhere.example\r\n" + kCookie), "");
    EXPECT_EQ(read("Origin: http://app.example\r\n" + kCookie), "");
    EXPECT_EQ(read("Origin: https://app.example.elsewhere.example\r\n" + kCookie), "");
    EXPECT_EQ(read("Origin: https://APP.example\r\n" + kCookie), "");
    EXPECT_EQ(read(kApp + "Origin: https://elsewhere.example\r\n" + kCookie), "");
    EXPECT_EQ(read("Referer: https://app.example/\r\n" + kCookie), "");
    EXPECT_EQ(read(kApp + kCookie, {}), "");
    EXPECT_EQ(read(kApp + kCookie, {.name = "session"}), "");
  }
}

TEST(TokenOf, ACookieIsFoundAmongOthers) {
  const auto read = [](const std::string& cookies) { return token(kApp + cookies); };
  EXPECT_EQ(read("Cookie: a=1; session=x; b=2\r\n"), "x");
  EXPECT_EQ(read("Cookie: a=1;session=x\r\n"), "x");
  EXPECT_EQ(read("Cookie: session=one; session=two\r\n"), "one");
  EXPECT_EQ(read("Cookie: a=1\r\nCookie: session=x\r\n"), "x");
  EXPECT_EQ(read("Cookie: session=a=b\r\n"), "a=b");
  EXPECT_EQ(read("Cookie: other-session=x; sessions=y; Session=z\r\n"), "");
  EXPECT_EQ(read("Cookie: session\r\n"), "");
  EXPECT_EQ(read("Cookie: ;;;\r\n"), "");
  EXPECT_EQ(read("Cookie: \r\n"), "");
}

TEST(TokenOf, NamesOfCookies) {
  for (const char* good : {"", "session", "__Host-token", "a.b_c"})
    EXPECT_TRUE(is_cookie_name(good));
  for (const char* bad : {"a b", "a=b", "a;b", "a\"", "\xc3\xa4"})
    EXPECT_FALSE(is_cookie_name(bad));
}

// Notes what it is asked, and lets everybody in.
class Noting final : public identity::Authenticator {
 public:
  bool open() const override { return false; }
  void authenticate(const identity::Credential& credential, Scheduler&, Done done) const override {
    asked = std::string(credential.workspace) + (credential.may_ask ? "" : " at once");
    done(identity::Principal{.id = "u"});
  }

  mutable std::string asked;
};

TEST(Identify, SaysWhichWorkspaceARequestIsFor) {
  testing::VirtualLoop loop;
  const Noting access;
  const auto asked = [&](const std::string& target) {
    const auto head =
        http::parse_request_head("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n", {});
    identify(access, {}, head->request, loop, [](const Result<identity::Caller>&) {});
    return access.asked;
  };
  EXPECT_EQ(asked("/v1/workspaces/w"), "w");
  EXPECT_EQ(asked("/v1/workspaces/w/objects/a/b"), "w");
  EXPECT_EQ(asked("/v1/workspaces/w%40x/log?after=1"), "w@x");
  EXPECT_EQ(asked("/v1/workspaces/w?x=/y"), "w");
  for (const char* none : {"/v1/workspaces", "/v1/workspaces/", "/v1/workspaces/a%2Fb/log",
                           "/v1/workspaces/.hidden", "/metrics", "/"})
    EXPECT_EQ(asked(none), "") << none;
  const auto head = http::parse_request_head("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", {});
  EXPECT_TRUE(identify_now(access, {}, head->request, loop));
  EXPECT_EQ(access.asked, " at once");
}

}  // namespace
}  // namespace syncline::node
