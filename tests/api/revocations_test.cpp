// What is revoked, as an operator and as the administrator of a tenant list and undo it.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "node/revoke.h"
#include "support/test_api.h"

namespace syncline::api {
namespace {

using identity::Revocation;
using testing::TestApi;

identity::Principal of_acme(identity::Rights rights) {
  return {
      .id = "boss",
      .rights = rights,
      .identity = std::make_shared<const identity::Identity>(identity::Identity{.tenant = "acme"})};
}

const identity::Rights kOfTenants =
    identity::Rights::all().without(identity::Rights::of_the_server());

class ApiRevocations : public ::testing::Test {
 protected:
  std::shared_ptr<testing::FakeAnswer> ask(const std::string& method, const std::string& path,
                                           const std::string& token = "admin",
                                           const std::string& body = {}) {
    node_.body = body;
    return node_.ask(method, "/v1/revocations" + path, "Authorization: Bearer " + token + "\r\n",
                     1);
  }
  int status(const std::string& method, const std::string& path, const std::string& token = "admin",
             const std::string& body = {}) {
    return ask(method, path, token, body)->head->status;
  }
  std::string list(const std::string& query = {}, const std::string& token = "admin") {
    return ask("GET", query, token)->body;
  }
  // The values of that member, in order.
  static std::string all(const std::string& page, const std::string& member) {
    std::string values;
    const std::string before = "\"" + member + "\":\"";
    for (std::size_t at = page.find(before); at != page.npos; at = page.find(before, at + 1)) {
      const std::size_t begin = at + before.size();
      values += page.substr(begin, page.find('"', begin) - begin) + " ";
    }
    return values;
  }
  static std::string first(const std::string& page, const std::string& member) {
    const std::string values = all(page, member);
    return values.substr(0, values.find(' '));
  }
  bool is_revoked(const std::string& token, const std::string& tenant = {}) {
    const identity::Principal principal{
        .id = "x",
        .identity = std::make_shared<identity::Identity>(identity::Identity{
            .source = identity::Identity::Source::kJwt, .tenant = tenant, .token = token})};
    bool revoked = true;
    for (std::size_t i = 0; i < 2; ++i)
      revoked = revoked && !node_.shards->at(i)->revocations.check(principal);
    return revoked;
  }

  TestApi node_{identity::Access({{"admin", {.id = "root"}},
                                  {"writer", {.id = "w", .rights = identity::Rights::writing()}},
                                  {"own", {.id = "chief", .rights = kOfTenants}},
                                  {"acme", of_acme(kOfTenants)}}),
                2};
};

TEST_F(ApiRevocations, AreShownWithWhatTheyRevoke) {
  EXPECT_EQ(list(), "{\"revocations\":[],\"next\":null}\n");
  ASSERT_EQ(status("POST", "?principal=ann&issuer=https://a.example"), 204);
  ASSERT_EQ(status("POST", "?token_id=t1&until=1800000000000"), 204);
  const std::string page = list();
  EXPECT_NE(page.find(R"("of":"principal","id":"ann","issuer":"https://a.example","tenant":"")"),
            page.npos)
      << page;
  EXPECT_NE(page.find(R"("before":"2023-11-14T)"), page.npos) << page;
  EXPECT_NE(page.find(R"("of":"token_id","id":"t1","issuer":"","tenant":"","before":null,)"
                      R"("until":"2027-01-15T08:00:00)"),
            page.npos)
      << page;
}

TEST_F(ApiRevocations, ComeInPages) {
  for (const char* id : {"c", "a", "e", "b", "d"})
    ASSERT_EQ(status("POST", std::string("?token_id=") + id), 204);
  std::string ids;
  std::string after;
  for (int page = 0; page < 5; ++page) {
    const std::string shown = list("?limit=2&after=" + after);
    ids += all(shown, "id");
    after = first(shown, "next");
    if (after.empty()) break;
  }
  EXPECT_EQ(ids, "a b c d e ");
  EXPECT_EQ(status("GET", "?after=!"), 400);
  EXPECT_EQ(status("GET", "?limit=0"), 400);
}

TEST_F(ApiRevocations, OneCanBeUndone) {
  ASSERT_EQ(status("POST", "?token_id=t1"), 204);
  ASSERT_EQ(status("POST", "?token_id=t2"), 204);
  ASSERT_TRUE(is_revoked("t1"));
  const std::string id = first(list(), "revocation");
  EXPECT_EQ(status("DELETE", "/" + id, "writer"), 403);
  EXPECT_EQ(status("DELETE", "/" + id), 204);
  EXPECT_FALSE(is_revoked("t1"));
  EXPECT_TRUE(is_revoked("t2"));
  EXPECT_EQ(status("DELETE", "/" + id), 404);
  for (const char* wrong : {"x", "!!", "dB8fH3gA", "%00"})
    EXPECT_EQ(status("DELETE", std::string("/") + wrong), 404) << wrong;
  EXPECT_EQ(all(list(), "id"), "t2 ");
  // Also after a restart.
  std::vector<log::DirectoryEntry> kept;
  node_.shards->at(0)->store->directory().list_entries(log::DirectoryKind::kRevocation, "", "", 10,
                                                       [&](auto entries) { kept = *entries; });
  node_.run();
  EXPECT_EQ(kept.size(), 1U);
}

// Whoever revokes a token in the moment in which another undoes it has revoked it.
TEST_F(ApiRevocations, WhatIsRevokedAgainMeanwhileIsRevoked) {
  ASSERT_EQ(status("POST", "?token_id=t1"), 204);
  const std::string id = first(list(), "revocation");
  const std::string headers = "Authorization: Bearer admin\r\n";
  for (const std::size_t home : {0, 1}) {
    const auto undone = node_.send("DELETE", "/v1/revocations/" + id, headers, home);
    node_.loops[home]->run();
    const auto revoked = node_.send("POST", "/v1/revocations?token_id=t1", headers, 1 - home);
    node_.run();
    EXPECT_EQ(revoked->head->status, 204);
    bool stored = false;
    node_.shards->at(0)->store->directory().load_entry(
        log::DirectoryKind::kRevocation, identity::revocation_key({.id = "t1"}),
        [&](const Result<std::optional<Bytes>>& entry) { stored = entry->has_value(); });
    node_.run();
    EXPECT_EQ(is_revoked("t1"), stored);
    ASSERT_EQ(status("POST", "?token_id=t1"), 204);
  }
}

TEST_F(ApiRevocations, WhatToRevokeMayBeTheBody) {
  EXPECT_EQ(status("POST", "", "admin", R"({"token_id":"t1","until":1800000000000})"), 204);
  EXPECT_TRUE(is_revoked("t1"));
  for (const char* body :
       {"{}", "[]", "{", R"({"token_id":"a","principal":"b"})", R"({"token_id":7})",
        R"({"token":"a"})", R"({"token_id":"a","until":-1})"})
    EXPECT_EQ(status("POST", "?token_id=t2", "admin", body), 400) << body;
  EXPECT_FALSE(is_revoked("t2"));
}

TEST_F(ApiRevocations, ATenantReachesItsOwnAlone) {
  ASSERT_EQ(status("POST", "?token_id=t1&tenant=acme"), 204);
  ASSERT_EQ(status("POST", "?token_id=t2&tenant=rival"), 204);
  ASSERT_EQ(status("POST", "?token_id=t3"), 204);
  ASSERT_EQ(status("POST", "?principal=ann&tenant=*"), 204);
  EXPECT_EQ(all(list(), "id"), "ann t3 t1 t2 ");
  EXPECT_EQ(all(list("", "acme"), "id"), "t1 ");
  EXPECT_EQ(all(list("", "own"), "id"), "t3 ") << "the default tenant's";
  EXPECT_EQ(all(list("?limit=1", "acme"), "id"), "t1 ");
  const std::string page = list();
  for (const char* token : {"acme", "own"}) {
    std::string ids = all(page, "revocation");
    int reached = 0;
    for (std::size_t end = ids.find(' '); end != ids.npos; end = ids.find(' ')) {
      reached += status("DELETE", "/" + ids.substr(0, end), token) == 204 ? 1 : 0;
      ids.erase(0, end + 1);
    }
    EXPECT_EQ(reached, 1) << token;
  }
  EXPECT_TRUE(is_revoked("t2", "rival"));
  EXPECT_FALSE(is_revoked("t1", "acme"));
}

}  // namespace
}  // namespace syncline::api
