// Policies and shares over the HTTP API, and what they do to every other request.
#include <gtest/gtest.h>

#include "api/dispatch.h"
#include "support/test_api.h"

namespace syncline::api {
namespace {

using testing::TestApi;
using testing::Typist;

class PolicyApi : public ::testing::Test {
 protected:
  PolicyApi() {
    for (const char* object : {"a/plan", "a/plot", "b"})
      node_.change("w", object, Typist(1).type("x"));
  }

  std::shared_ptr<testing::FakeAnswer> answer(const std::string& method, const std::string& target,
                                              const char* token = "full", std::string body = "") {
    node_.body = std::move(body);
    return node_.ask(method, "/v1/workspaces/" + target,
                     std::string("Authorization: Bearer ") + token + "\r\n");
  }
  int status(const std::string& method, const std::string& target, const char* token = "full",
             std::string body = "") {
    return answer(method, target, token, std::move(body))->head->status;
  }

  TestApi node_{identity::Access({{"full", {.id = "ann"}},
                                  {"write", {.id = "bob", .rights = identity::Rights::writing()}},
                                  {"look", {.id = "eve", .rights = identity::Rights::reading()}}})};
};

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

TEST_F(PolicyApi, PoliciesAreSetSeenAndRemoved) {
  const auto set =
      answer("PUT", "w/policies/all?reason=audit", "full", "permit (principal, action, resource);");
  EXPECT_EQ(set->head->status, 200) << set->body;
  EXPECT_TRUE(holds(set->body, R"("name":"all","text":"permit (principal, action, resource);")"));
  EXPECT_TRUE(holds(answer("GET", "w/policies")->body, R"({"policies":[{"name":"all")"));
  EXPECT_EQ(answer("GET", "w/policies/all")->body, set->body);
  EXPECT_EQ(status("GET", "w/policies/none"), 404);
  EXPECT_TRUE(holds(answer("GET", "w/changes/.%2Fpolicy")->body, R"("path":"policies")"));
  const auto wrong =
      answer("PUT", "w/policies/bad", "full", "permit (principal, action,\n resource");
  EXPECT_EQ(wrong->head->status, 400);
  EXPECT_TRUE(holds(wrong->body, "line 2, column "));
  EXPECT_EQ(status("PUT", "w/policies/bad", "full", ""), 400);
  EXPECT_EQ(status("PUT", "w/policies/1st", "full", "permit (principal, action, resource);"), 400);
  EXPECT_EQ(status("PUT", "w/policies/long", "full", std::string(log::kMaxPolicyBytes + 1, '/')),
            413);
  EXPECT_EQ(status("PUT", "none/policies/all", "full", "permit (principal, action, resource);"),
            404);
  EXPECT_EQ(status("DELETE", "w/policies/all"), 204);
  EXPECT_EQ(status("DELETE", "w/policies/all"), 404);
}

TEST_F(PolicyApi, OnlyAdministratorsBegin) {
  for (const char* token : {"write", "look"}) {
    EXPECT_EQ(status("GET", "w/policies", token), 403);
    EXPECT_EQ(status("GET", "w/shares", token), 403);
    EXPECT_EQ(status("PUT", "w/policies/all", token, "permit (principal, action, resource);"), 403);
    EXPECT_EQ(status("PUT", "w/shares?to=everyone&role=owner", token), 403);
  }
}

TEST_F(PolicyApi, SharesAreGivenSeenAndTaken) {
  const auto given = answer("PUT", "w/shares?resource=a/&to=principal:bob&role=owner");
  EXPECT_EQ(given->head->status, 200) << given->body;
  EXPECT_TRUE(
      holds(given->body, R"({"resource":"a/","to":"principal:bob","role":"owner","given":")"));
  EXPECT_EQ(status("PUT", "w/shares?resource=a/&to=bob&role=owner"), 400);
  EXPECT_EQ(status("PUT", "w/shares?resource=a/&to=principal:bob&role=boss"), 400);
  EXPECT_EQ(status("PUT", "w/shares?resource=.%2Fpins&to=everyone&role=viewer"), 400);
  EXPECT_EQ(status("PUT", "w/shares?role=viewer"), 400);
  // The owner of a folder sees and gives what is in it.
  EXPECT_EQ(status("PUT", "w/shares?resource=a/plan&to=everyone&role=viewer", "write"), 200);
  EXPECT_EQ(status("PUT", "w/shares?resource=b&to=everyone&role=viewer", "write"), 403);
  EXPECT_EQ(status("GET", "w/shares", "write"), 403);
  EXPECT_EQ(status("GET", "w/shares?prefix=a", "write"), 403);
  EXPECT_TRUE(holds(answer("GET", "w/shares?prefix=a/", "write")->body, R"("resource":"a/plan")"));
  EXPECT_EQ(status("GET", "w/policies", "write"), 403);
  EXPECT_EQ(status("DELETE", "w/shares?resource=a/plan&to=everyone", "write"), 204);
  EXPECT_EQ(status("DELETE", "w/shares?resource=a/plan&to=everyone", "write"), 404);
}

TEST_F(PolicyApi, EveryWayToReadIsJudged) {
  ASSERT_EQ(status("PUT", "w/shares?resource=a/plan&to=principal:eve&role=viewer"), 200);
  EXPECT_EQ(status("GET", "w/objects/a/plan", "look"), 200);
  EXPECT_EQ(status("GET", "w/changes/a/plan", "look"), 200);
  EXPECT_EQ(status("GET", "w/blame/a/plan", "look"), 200);
  for (const char* target : {"w/objects/a/plot",
                             "w/objects",
                             "w/objects?prefix=a/plan",
                             "w/objects?prefix=a/",
                             "w/state",
                             "w/state?prefix=a/plan",
                             "w/changes",
                             "w/changes?prefix=a/plan",
                             "w/changes/a/plot",
                             "w/blame/b",
                             "w/pins",
                             "w/retention",
                             "w/log",
                             "w/log?object=a/plan",
                             "w/checkpoint",
                             "w/proof/1",
                             "w/export",
                             "w/objects/.%2Fpolicy",
                             "w/policies",
                             "w/shares"})
    EXPECT_EQ(status("GET", target, "look"), 403) << target;
  // Nobody else has a right, also not those with all rights; but they can change that.
  EXPECT_EQ(status("GET", "w/objects/a/plan"), 403);
  EXPECT_EQ(status("PUT", "w/shares?to=principal:ann&role=owner"), 200);
  EXPECT_EQ(status("GET", "w/objects/b"), 200);
  EXPECT_EQ(status("GET", "w/export"), 200);
  EXPECT_EQ(status("PUT", "w/hold?reason=case"), 200);
}

TEST_F(PolicyApi, ARestoreNeedsItsRightAndWhatItChanges) {
  ASSERT_EQ(status("PUT", "w/shares?resource=a/&to=principal:bob&role=viewer"), 200);
  EXPECT_EQ(status("POST", "w/restore/a/plan?at=1&confirm=w", "write"), 403);
  EXPECT_EQ(status("POST", "w/restore/a/plan?at=1&into=other", "write"), 403);
  ASSERT_EQ(status("PUT", "w/shares?resource=a/&to=principal:bob&role=editor"), 200);
  EXPECT_EQ(status("POST", "w/restore/a/plan?at=1&confirm=w", "write"), 200);
  EXPECT_EQ(status("POST", "w/restore/b?at=3&confirm=w", "write"), 403);
}

}  // namespace
}  // namespace syncline::api
