// Who is connected, as an operator sees and ends it.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "node/revoke.h"
#include "session/y_session.h"
#include "support/fake_connection.h"
#include "support/test_api.h"

namespace syncline::api {
namespace {

using testing::FakeConnection;
using testing::TestApi;

constexpr std::string_view kAdmin = "Authorization: Bearer admin\r\n";

class ApiSessions : public ::testing::Test {
 protected:
  ~ApiSessions() override {
    for (auto& [loop, session] : sessions_)
      node_.shards->on(loop, [&session](node::Shard&) { session->on_closed(1000); });
    node_.run();
  }

  // Somebody with a token opens an object.
  FakeConnection& join(const std::string& workspace, const std::string& object,
                       identity::Principal principal) {
    const std::size_t loop = node_.owner_of(workspace);
    connections_.push_back(std::make_unique<FakeConnection>());
    node_.shards->on(loop, [&](node::Shard& shard) {
      sessions_.emplace_back(loop, std::make_unique<session::YSession>(session::YSessionOptions{
                                       .host = shard.host,
                                       .workspace = workspace,
                                       .object = object,
                                       .principal = std::move(principal),
                                       .actor = "actor",
                                       .sessions = &shard.sessions,
                                       .limits = limits_,
                                       .counters = shard.session_counters}));
      sessions_.back().second->on_open(*connections_.back());
    });
    node_.run();
    return *connections_.back();
  }

  static identity::Principal with(std::string id, identity::Identity identity) {
    return {.id = std::move(id),
            .identity = std::make_shared<identity::Identity>(std::move(identity))};
  }

  std::string list(const std::string& query = {}) {
    return node_.ask("GET", "/v1/sessions" + query, std::string(kAdmin))->body;
  }
  std::string ids_of(const std::string& page) const {
    std::string ids;
    for (std::size_t at = page.find("\"session\":\""); at != page.npos;
         at = page.find("\"session\":\"", at + 1))
      ids += page.substr(at + 11, page.find('"', at + 11) - at - 11) + "\n";
    return ids;
  }
  int status(const std::string& method, const std::string& target,
             const std::string& token = "admin") {
    return node_.ask(method, target, "Authorization: Bearer " + token + "\r\n")->head->status;
  }

  session::Limits limits_;
  TestApi node_{
      identity::Access(
          {{"admin", {.id = "root"}},
           {"reader", {.id = "r", .rights = identity::Rights::reading()}},
           {"writer", {.id = "w", .rights = identity::Rights::writing()}},
           {"acme", with("boss", {.tenant = "acme"})},
           {"own",
            {.id = "chief",
             .rights = identity::Rights::all().without(identity::Rights::of_the_server())}}}),
      3};
  std::vector<std::unique_ptr<FakeConnection>> connections_;
  std::vector<std::pair<std::size_t, std::unique_ptr<session::YSession>>> sessions_;
};

TEST_F(ApiSessions, OnlyAdministratorsSeeAndEndThem) {
  for (const char* token : {"reader", "writer"}) {
    EXPECT_EQ(status("GET", "/v1/sessions", token), 403);
    EXPECT_EQ(status("POST", "/v1/sessions/00-00000000-0000000000000000/kick", token), 403);
    EXPECT_EQ(status("POST", "/v1/sessions/00-00000000-0000000000000000/revoke", token), 403);
    EXPECT_EQ(status("POST", "/v1/revocations?principal=ann", token), 403);
  }
  EXPECT_EQ(list(), "{\"sessions\":[],\"next\":null}\n");
}

TEST_F(ApiSessions, AreShownWithWhatTheirTokenSays) {
  join("w", "notes/plan",
       with("ann", {.source = identity::Identity::Source::kJwt,
                    .name = "Ann",
                    .token = "jti-1",
                    .expires_ms = 1'800'000'000'000}));
  const std::string page = list();
  for (const char* part :
       {R"("protocol":"y-websocket","workspace":"w","address":"test","since":"2023-11-14T)",
        R"("object":"notes/plan","principal":"ann","name":"Ann","tenant":"")",
        R"("token":{"kind":"jwt","id":"jti-1","issued":null,"expires":"2027-01-15T)",
        R"("rights":["read","history",)", R"("in_flight":0,"lag":0)"})
    EXPECT_NE(page.find(part), page.npos) << part << "\n" << page;
}

TEST_F(ApiSessions, APageIsOverAllLoopsAndGoesOnWhereTheLastEnded) {
  for (const char* workspace : {"a", "b", "c", "d", "e", "f", "g"})
    join(workspace, "x", {.id = workspace});
  const std::string all = ids_of(list());
  EXPECT_EQ(std::ranges::count(all, '\n'), 7);
  std::string pages;
  std::string after;
  for (int page = 0; page < 5; ++page) {
    const std::string ids = ids_of(list("?limit=2&after=" + after));
    if (ids.empty()) break;
    pages += ids;
    after = ids.substr(0, ids.size() - 1);
    after = after.substr(after.rfind('\n') + 1);
  }
  EXPECT_EQ(pages, all);
  EXPECT_EQ(status("GET", "/v1/sessions?after=nonsense"), 400);
}

TEST_F(ApiSessions, CanBeFiltered) {
  join("a", "x", {.id = "ann"});
  join("a", "y", {.id = "ben"});
  join("b", "x", {.id = "ann"});
  EXPECT_EQ(std::ranges::count(ids_of(list("?principal=ann")), '\n'), 2);
  EXPECT_EQ(std::ranges::count(ids_of(list("?workspace=a")), '\n'), 2);
  EXPECT_EQ(std::ranges::count(ids_of(list("?object=x&workspace=a")), '\n'), 1);
  EXPECT_EQ(std::ranges::count(ids_of(list("?object=y&principal=ann")), '\n'), 0);
}

TEST_F(ApiSessions, AKickClosesOneAndNoOther) {
  FakeConnection& ann = join("w", "x", {.id = "ann"});
  FakeConnection& ben = join("w", "x", {.id = "ben"});
  std::string id = ids_of(list("?principal=ann"));
  id.pop_back();
  EXPECT_EQ(status("POST", "/v1/sessions/" + id + "/kick"), 204);
  ASSERT_TRUE(ann.closed);
  EXPECT_EQ(ann.closed->code, 4503);
  EXPECT_FALSE(ben.closed);
  EXPECT_EQ(status("POST", "/v1/sessions/99-00000000-0000000000000000/kick"), 404);
  EXPECT_EQ(status("POST", "/v1/sessions/nonsense/kick"), 404);
}

TEST_F(ApiSessions, RevokingASessionEndsAllWithItsToken) {
  const identity::Identity one{.source = identity::Identity::Source::kJwt, .token = "one"};
  const identity::Identity two{.source = identity::Identity::Source::kJwt, .token = "two"};
  FakeConnection& a = join("a", "x", with("ann", one));
  FakeConnection& b = join("b", "x", with("ann", one));
  FakeConnection& other = join("c", "x", with("ann", two));
  std::string id = ids_of(list("?workspace=a"));
  id.pop_back();
  EXPECT_EQ(status("POST", "/v1/sessions/" + id + "/revoke"), 204);
  ASSERT_TRUE(a.closed && b.closed);
  EXPECT_EQ(a.closed->code, 4401);
  EXPECT_EQ(b.closed->reason, "the token was revoked");
  EXPECT_FALSE(other.closed);
  EXPECT_EQ(status("POST", "/v1/revocations?principal=ann"), 204);
  EXPECT_TRUE(other.closed);
}

// A y-websocket client cannot be asked for a token: it is closed so that it comes back with one.
TEST_F(ApiSessions, OneWhoseTokenIsOutdatedComesBack) {
  using Source = identity::Identity::Source;
  FakeConnection& ann = join("a", "x", with("ann", {.source = Source::kJwt, .token = "one"}));
  FakeConnection& ben = join("a", "x", with("ben", {.source = Source::kJwt, .token = "two"}));
  node::look_again(
      *node_.shards,
      {{.of = identity::Revocation::Of::kPrincipal, .id = "ann", .before_ms = 1'800'000'000'000}});
  node_.run();
  ASSERT_TRUE(ann.closed);
  EXPECT_EQ(ann.closed->code, 4503) << "clients reconnect";
  EXPECT_FALSE(ben.closed);
}

TEST_F(ApiSessions, ASharedTokenCannotBeRevoked) {
  FakeConnection& ann = join("w", "x", {.id = "ann"});
  std::string id = ids_of(list());
  id.pop_back();
  EXPECT_EQ(status("POST", "/v1/sessions/" + id + "/revoke"), 409);
  EXPECT_EQ(status("POST", "/v1/revocations?principal=ann"), 204);
  EXPECT_FALSE(ann.closed);
}

TEST_F(ApiSessions, ARevocationNamesOneThing) {
  for (const char* query : {"", "?principal=a&token_id=b", "?token_id=", "?principal=a&until=x"})
    EXPECT_EQ(status("POST", std::string("/v1/revocations") + query), 400) << query;
  EXPECT_EQ(status("POST", "/v1/revocations?token_id=" + std::string(600, 'x')), 400);
}

// One of the default tenant, who may see sessions, but no tenants.
TEST_F(ApiSessions, WhoMayNotSeeTenantsSeesAndEndsOnlyThoseOfHisOwn) {
  using Source = identity::Identity::Source;
  join("w", "x", with("ann", {.source = Source::kJwt, .token = "same"}));
  FakeConnection& other =
      join("w", "x", with("ben", {.source = Source::kJwt, .tenant = "rival", .token = "same"}));
  const std::string page = node_.ask("GET", "/v1/sessions", "Authorization: Bearer own\r\n")->body;
  EXPECT_NE(page.find("\"ann\""), page.npos) << page;
  EXPECT_EQ(page.find("ben"), page.npos) << page;
  std::string id = ids_of(list("?principal=ben"));
  id.pop_back();
  for (const char* act : {"/kick", "/revoke"})
    EXPECT_EQ(status("POST", "/v1/sessions/" + id + act, "own"), 404) << act;
  for (const char* tenant : {"rival", "*"})
    EXPECT_EQ(status("POST", std::string("/v1/revocations?token_id=same&tenant=") + tenant, "own"),
              403)
        << tenant;
  EXPECT_EQ(status("POST", "/v1/revocations?token_id=same&tenant=default", "own"), 204);
  EXPECT_FALSE(other.closed);
  EXPECT_EQ(status("POST", "/v1/revocations?token_id=same&tenant=rival"), 204) << "the operator";
  EXPECT_TRUE(other.closed);
}

TEST_F(ApiSessions, ATenantSeesAndEndsOnlyItsOwn) {
  FakeConnection& own = join(
      "w", "x",
      with("ann", {.source = identity::Identity::Source::kJwt, .tenant = "acme", .token = "same"}));
  FakeConnection& other =
      join("w", "x",
           with("ben",
                {.source = identity::Identity::Source::kJwt, .tenant = "rival", .token = "same"}));
  const std::string page = node_.ask("GET", "/v1/sessions", "Authorization: Bearer acme\r\n")->body;
  EXPECT_NE(page.find("ann"), page.npos);
  EXPECT_EQ(page.find("ben"), page.npos);
  std::string id = ids_of(list("?principal=ben"));
  id.pop_back();
  EXPECT_EQ(status("POST", "/v1/sessions/" + id + "/kick", "acme"), 404);
  EXPECT_EQ(status("POST", "/v1/revocations?token_id=same&tenant=rival", "acme"), 403);
  EXPECT_EQ(status("POST", "/v1/revocations?token_id=same", "acme"), 204);
  EXPECT_TRUE(own.closed);
  EXPECT_FALSE(other.closed);
}

}  // namespace
}  // namespace syncline::api
