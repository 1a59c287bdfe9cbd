// Policies and shares over the HTTP API, and what they do to every other request.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "api/dispatch.h"
#include "identity/ticket_authenticator.h"
#include "support/test_api.h"

namespace syncline::api {
namespace {

using testing::TestApi;
using testing::Typist;

// bob with a token for one object.
identity::Principal one_object() {
  return {.id = "bob",
          .rights = identity::Rights::writing(),
          .identity = std::make_shared<const identity::Identity>(
              identity::Identity{.workspace = "w", .object = "b"})};
}

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
                                  {"look", {.id = "eve", .rights = identity::Rights::reading()}},
                                  {"one", one_object()}})};
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

TEST_F(PolicyApi, TheOwnerOfOneObjectSeesItsSharesAndNoOthers) {
  ASSERT_EQ(status("PUT", "w/shares?resource=a/plan&to=principal:bob&role=owner"), 200);
  ASSERT_EQ(status("PUT", "w/shares?resource=a/plan2&to=principal:eve&role=viewer"), 200);
  const auto seen = answer("GET", "w/shares?resource=a/plan", "write");
  EXPECT_EQ(seen->head->status, 200) << seen->body;
  EXPECT_TRUE(holds(seen->body, R"("to":"principal:bob")"));
  EXPECT_FALSE(holds(seen->body, "eve"));
  for (const char* target :
       {"w/shares?resource=a/plan2", "w/shares?resource=a/",
        "w/shares?resource=", "w/shares?prefix=a/plan",
        "w/shares?prefix=a/plan&resource=", "w/objects?resource=a/plan", "w/state?resource=a/plan"})
    EXPECT_EQ(status("GET", target, "write"), 403) << target;
  EXPECT_EQ(status("GET", "w/shares?resource=a/plan", "look"), 403);
}

// ---- other policies, tried on what has happened

constexpr const char* kTriedBody =
    R"({"policies":{"plots":"permit (principal, action, resource in Object::\"a/plot\");"}})";

TEST_F(PolicyApi, PoliciesAreTriedOnWhatHasHappened) {
  // Whoever may not read the audit log is not told what was refused.
  const std::string kUntold = R"(],"refusals":null,"refusals_judged":0,"refusals_unclear":0,)"
                              R"("refusals_cut":false,"next":)";
  const auto tried = answer("POST", "w/simulation", "look", kTriedBody);
  EXPECT_EQ(tried->head->status, 200) << tried->body;
  EXPECT_TRUE(tried->body.starts_with(R"({"from":0,"to":3,"judged":3,"unclear":0,"differences":[)"))
      << tried->body;
  EXPECT_TRUE(holds(tried->body, R"("object":"a/plan","principal":"ann")"));
  EXPECT_TRUE(holds(tried->body,
                    R"("then":"allowed","now":"refused","message":"the policy of this workspace )"
                    R"(does not allow: insert at /content/*","action":"insert",)"
                    R"("path":"/content/*","then_by":[],"now_by":[]})"));
  EXPECT_FALSE(holds(tried->body, R"("object":"a/plot")"));
  EXPECT_TRUE(tried->body.ends_with(kUntold + "null}\n")) << tried->body;
  // Page by page, and between moments.
  const auto first = answer("POST", "w/simulation?limit=1", "look", kTriedBody);
  EXPECT_TRUE(first->body.ends_with(kUntold + "1}\n")) << first->body;
  const auto second = answer("POST", "w/simulation?limit=1&after=1", "look", kTriedBody);
  EXPECT_TRUE(holds(second->body, R"("position":3,)")) << second->body;
  EXPECT_TRUE(second->body.ends_with(kUntold + "null}\n"));
  const auto part = answer("POST", "w/simulation?from=1&to=2", "look", kTriedBody);
  EXPECT_TRUE(part->body.starts_with(R"({"from":1,"to":2,"judged":1,"unclear":0,"differences":[])"))
      << part->body;
  // The policies of the workspace do not matter, unless these are added to them.
  ASSERT_EQ(status("PUT", "w/policies/all", "full", "permit (principal, action, resource);"), 200);
  const std::string added = std::string(kTriedBody, 1, std::string(kTriedBody).size() - 2);
  const auto more = answer("POST", "w/simulation?from=4", "look", "{" + added + R"(,"add":true})");
  EXPECT_TRUE(holds(more->body, R"("differences":[])")) << more->body;
}

TEST_F(PolicyApi, WhatIsKnownOfPeopleCountsInASimulation) {
  const std::string finance =
      R"({"policies":{"f":"permit (principal in Group::\"finance\", action, resource);"})";
  const auto unclear = answer("POST", "w/simulation", "look", finance + "}");
  EXPECT_TRUE(holds(unclear->body, R"("judged":3,"unclear":3)")) << unclear->body;
  const auto member = answer("POST", "w/simulation", "look",
                             finance + R"(,"people":{"ann":{"groups":["finance"]}}})");
  EXPECT_TRUE(holds(member->body, R"("unclear":0,"differences":[])")) << member->body;
  const auto other = answer("POST", "w/simulation", "look", finance + R"(,"people":{"ann":{}}})");
  EXPECT_TRUE(holds(other->body, R"("now":"refused")")) << other->body;
}

TEST_F(PolicyApi, ASimulationOfNonsenseIsRefused) {
  for (const char* body :
       {"", "[]", R"({"policies":1})", R"({"policies":{"a":1}})",
        R"({"policies":{"a":"permit ("}})", R"({"policy":{}})", R"({"add":1})",
        R"({"people":{"ann":1}})", R"({"people":{"ann":{"rights":"root"}}})",
        R"({"people":{"ann":{"groups":[1]}}})", R"({"people":{"ann":{"name":"Ann"}}})"})
    EXPECT_EQ(status("POST", "w/simulation", "look", body), 400) << body;
  EXPECT_EQ(status("POST", "w/simulation", "look", std::string(3 << 20, ' ')), 413);
  EXPECT_EQ(status("POST", "w/simulation?from=never", "look", kTriedBody), 404);
  EXPECT_EQ(status("POST", "w/simulation?limit=0", "look", kTriedBody), 400);
  // Whoever may not see the history may not ask what would have become of it.
  ASSERT_EQ(status("PUT", "w/shares?resource=a/&to=principal:eve&role=viewer"), 200);
  EXPECT_EQ(status("POST", "w/simulation", "look", kTriedBody), 403);
}

// ---- who could reach an object

TEST_F(PolicyApi, AReportSaysWhoCouldReachAnObjectAndWhoChangedIt) {
  ASSERT_EQ(status("PUT", "w/shares?resource=a/&to=principal:bob&role=owner"), 200);  // 4
  ASSERT_EQ(status("PUT", "w/shares?resource=a/plan&to=principal:eve&role=viewer"),
            200);  // 6, behind a session record
  ASSERT_EQ(status("DELETE", "w/shares?resource=a/plan&to=principal:eve"), 204);  // 7
  const auto report = answer("GET", "w/access/a/plan", "write");
  EXPECT_EQ(report->head->status, 200) << report->body;
  EXPECT_TRUE(report->body.starts_with(R"({"object":"a/plan","from":0,"to":7,"could":[)"))
      << report->body;
  EXPECT_TRUE(holds(report->body,
                    R"({"who":"principal:eve","right":"read","in_part":false,"from":6,"to":7,)"
                    R"("by":["share: ann gave role viewer on a/plan to principal:eve"]})"));
  EXPECT_TRUE(holds(report->body,
                    R"({"who":"principal:bob","right":"write","in_part":false,"from":4,"to":7,)"
                    R"("by":["share: ann gave role owner on a/ to principal:bob"]})"));
  EXPECT_TRUE(holds(report->body, R"({"who":"everyone","right":"read","in_part":false,"from":0,)"
                                  R"("to":4,"by":["there were no policies and no shares"]})"));
  EXPECT_TRUE(holds(report->body, R"("did":[{"principal":"ann","changes":1,"first":1,)"));
  const auto later = answer("GET", "w/access/a/plan?from=7", "write");
  EXPECT_FALSE(holds(later->body, "principal:eve")) << later->body;
  EXPECT_TRUE(holds(later->body, R"("did":[])")) << later->body;
  EXPECT_EQ(status("GET", "w/access/a/plan?from=3&to=2", "write"), 400);
  // What the last event gave is told, too.
  ASSERT_EQ(status("PUT", "w/shares?resource=a/plan&to=principal:kim&role=viewer"), 200);  // 8
  EXPECT_TRUE(holds(answer("GET", "w/access/a/plan", "write")->body,
                    R"({"who":"principal:kim","right":"read","in_part":false,"from":8,"to":8,)"));
  // Only who may share it may ask who has it.
  EXPECT_EQ(status("GET", "w/access/b", "write"), 403);
  EXPECT_EQ(status("GET", "w/access/a/plan", "look"), 403);
}

TEST_F(PolicyApi, AReportOfManyChangesComesInPages) {
  for (int i = 0; i < 70; ++i)
    ASSERT_EQ(status("PUT", "w/shares?to=principal:p" + std::to_string(i) + "&role=viewer"), 200);
  const auto first = answer("GET", "w/access/b");
  EXPECT_EQ(first->head->status, 200) << first->body;
  const std::size_t next = first->body.rfind("\"next\":");
  const std::string at = first->body.substr(next + 7, first->body.find('}', next) - next - 7);
  ASSERT_NE(at, "null");
  const auto second = answer("GET", "w/access/b?after=" + at);
  EXPECT_TRUE(second->body.ends_with("\"next\":null}\n")) << second->body;
  EXPECT_TRUE(holds(second->body,
                    R"("who":"principal:p0","right":"read","in_part":false,"from":)" + at + ","));
}

TEST_F(PolicyApi, PoliciesOfTheTenantCountInSimulationsAndReports) {
  const std::string everything = "permit (principal, action, resource);";
  ASSERT_EQ(status("PUT", ".system/policies/all", "full", everything), 200);
  node_.loops[0]->advance(5);
  node_.change("w", "b", Typist(2).type("y"));  // 5, behind a session record
  // The tenant allowed the last one, and still would; the others nobody would.
  const std::string tried =
      R"({"policies":{"x":"forbid (principal, action, resource in Path::\"/x\");"})";
  const auto own = answer("POST", "w/simulation", "full", tried + "}");
  EXPECT_TRUE(holds(own->body, R"("judged":4,"unclear":0,"differences":[{"position":1,)"))
      << own->body;
  EXPECT_TRUE(holds(own->body, R"("position":3,)"));
  EXPECT_FALSE(holds(own->body, R"("position":5,)"));
  const auto tenant = answer("POST", "w/simulation?from=3", "full", tried + R"(,"tenant":true})");
  EXPECT_TRUE(holds(tenant->body, R"("position":5,)")) << tenant->body;
  EXPECT_TRUE(holds(tenant->body, R"("then_by":["policy of the tenant all"],"now_by":[])"));
  const auto report = answer("GET", "w/access/b");
  EXPECT_TRUE(holds(report->body,
                    R"({"who":"everyone","right":"read","in_part":false,"from":3,"to":5,)"
                    R"("by":["policy of the tenant all"]})"))
      << report->body;
  EXPECT_TRUE(holds(report->body,
                    R"({"who":"everyone","right":"read","in_part":false,"from":0,"to":3,)"
                    R"("by":["there were no policies and no shares"]})"));
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

TEST_F(PolicyApi, AListShowsWhatMayBeRead) {
  node_.change("v", "o", Typist(1).type("x"));
  const auto list = [this](const char* token, const std::string& query = "") {
    return node_
        .ask("GET", "/v1/workspaces" + query,
             std::string("Authorization: Bearer ") + token + "\r\n")
        ->body;
  };
  EXPECT_EQ(list("look"), "{\"workspaces\":[\"v\",\"w\"],\"next\":null}\n");
  ASSERT_EQ(status("PUT", "v/shares?to=principal:bob&role=viewer"), 200);
  EXPECT_EQ(list("look"), "{\"workspaces\":[\"w\"],\"next\":null}\n");
  EXPECT_EQ(list("write"), "{\"workspaces\":[\"v\",\"w\"],\"next\":null}\n");
  EXPECT_EQ(list("full"), "{\"workspaces\":[\"v\",\"w\"],\"next\":null}\n") << "ann administers";
  EXPECT_EQ(list("look", "?limit=1"), "{\"workspaces\":[],\"next\":\"v\"}\n");
  EXPECT_EQ(list("look", "?limit=1&after=v"), "{\"workspaces\":[\"w\"],\"next\":\"w\"}\n");
  node_.loops[0]->advance(10'000);  // the same for workspaces that are not in memory
  EXPECT_EQ(list("look"), "{\"workspaces\":[\"w\"],\"next\":null}\n");
}

TEST_F(PolicyApi, AdministratorsSetWhatHoldsForTheTenant) {
  const char* everything = "permit (principal, action, resource);";
  for (const char* token : {"write", "look"}) {
    EXPECT_EQ(status("PUT", ".system/policies/all", token, everything), 403);
    EXPECT_EQ(status("GET", ".system/policies", token), 403);
    EXPECT_EQ(status("DELETE", ".system/policies/all", token), 403);
  }
  EXPECT_EQ(status("PUT", ".system/policies/all", "full", everything), 200);
  EXPECT_EQ(status("GET", "w/objects/b", "look"), 200);
  EXPECT_EQ(status("PUT", ".system/policies/not-eve", "full",
                   R"(forbid (principal == Principal::"eve", action, resource);)"),
            200);
  EXPECT_TRUE(holds(answer("GET", ".system/policies")->body, R"("name":"not-eve")"));
  const auto refused = answer("GET", "w/objects/b", "look");
  EXPECT_EQ(refused->head->status, 403);
  EXPECT_TRUE(holds(refused->body, "the policy of this tenant does not allow: read b"));
  EXPECT_EQ(status("GET", "w/objects/b", "write"), 200);
  EXPECT_EQ(status("PUT", ".system/shares?to=everyone&role=viewer"), 400);
  EXPECT_EQ(status("DELETE", ".system/policies/not-eve"), 204);
  EXPECT_EQ(status("GET", "w/objects/b", "look"), 200);
}

TEST_F(PolicyApi, ARestoreNeedsItsRightAndWhatItChanges) {
  ASSERT_EQ(status("PUT", "w/shares?resource=a/&to=principal:bob&role=viewer"), 200);
  EXPECT_EQ(status("POST", "w/restore/a/plan?at=1&confirm=w", "write"), 403);
  EXPECT_EQ(status("POST", "w/restore/a/plan?at=1&into=other", "write"), 403);
  ASSERT_EQ(status("PUT", "w/shares?resource=a/&to=principal:bob&role=editor"), 200);
  EXPECT_EQ(status("POST", "w/restore/a/plan?at=1&confirm=w", "write"), 200);
  EXPECT_EQ(status("POST", "w/restore/b?at=3&confirm=w", "write"), 403);
}

TEST_F(PolicyApi, EverybodyMayAskForHisRights) {
  EXPECT_EQ(
      answer("GET", "w/rights/a/plan", "look")->body,
      R"({"workspace":"w","object":"a/plan","rights":{"connect":{"allowed":true},"read":{"allowed":true},)"
      R"("history":{"allowed":true},"presence":{"allowed":true},)"
      R"("write":{"allowed":false,"reason":"this token may read only"},)"
      R"("restore":{"allowed":false,"reason":"this token may read only"},)"
      R"("share":{"allowed":false,"reason":"this token may not do this"}}})"
      "\n");
  const auto writer = answer("GET", "w/rights/a/plan", "write")->body;
  EXPECT_TRUE(holds(writer, R"("write":{"allowed":true},"restore":{"allowed":true})")) << writer;
  EXPECT_TRUE(holds(writer, R"("share":{"allowed":false,"reason":"only an administrator)"));
  EXPECT_TRUE(holds(answer("GET", "w/rights/a/plan")->body, R"("share":{"allowed":true})"));
  EXPECT_EQ(status("GET", "none/rights/new", "write"), 200) << "what does not exist can be made";
}

TEST_F(PolicyApi, ATokenForOneObjectSharesNothing) {
  ASSERT_EQ(status("PUT", "w/shares?resource=b&to=principal:bob&role=owner"), 200);
  EXPECT_TRUE(holds(answer("GET", "w/rights/b", "write")->body, R"("share":{"allowed":true})"));
  EXPECT_TRUE(holds(answer("GET", "w/rights/b", "one")->body,
                    R"("share":{"allowed":false,"reason":"this token is for one object only"})"));
  EXPECT_EQ(status("PUT", "w/shares?resource=b&to=everyone&role=viewer", "one"), 403);
}

TEST_F(PolicyApi, RightsAreThoseOfTheRoleAndOfTheRoot) {
  ASSERT_EQ(status("PUT", "w/shares?resource=a/plan&to=principal:bob&role=annotator"), 200);
  const auto rights = [&](const char* target) { return answer("GET", target, "write")->body; };
  EXPECT_TRUE(holds(rights("w/rights/a/plan"), R"("write":{"allowed":true})"));
  EXPECT_TRUE(holds(rights("w/rights/a/plan?root=comments"), R"("write":{"allowed":true})"));
  EXPECT_TRUE(holds(rights("w/rights/a/plan?root=content"),
                    R"("write":{"allowed":false,"reason":"the policy of this workspace does not )"
                    R"(allow: insert at /content/*"})"));
  EXPECT_EQ(status("GET", "w/rights/a/plot", "write"), 403);
}

TEST_F(PolicyApi, TheOwnerOfAnObjectSeesWhoReachesIt) {
  for (const char* of : {"a/plan&to=principal:bob&role=owner", "a/plot&to=everyone&role=viewer",
                         "a/&to=group:team&role=editor", "&to=principal:ann&role=owner"})
    ASSERT_EQ(status("PUT", std::string("w/shares?resource=") + of), 200);
  const auto seen = answer("GET", "w/shares/a/plan", "write");
  ASSERT_EQ(seen->head->status, 200) << seen->body;
  for (const char* part : {R"("to":"principal:bob")", R"("to":"group:team")",
                           R"("to":"principal:ann")", R"("ruled":true,"policies":0})"})
    EXPECT_TRUE(holds(seen->body, part)) << part;
  EXPECT_FALSE(holds(seen->body, "a/plot"));
  EXPECT_EQ(status("GET", "w/shares/a/plot", "write"), 403);
  EXPECT_EQ(status("GET", "w/shares?prefix=a/plan", "write"), 403) << "the folder is not his";
  EXPECT_EQ(status("GET", "w/shares/a/plan", "look"), 403);
  EXPECT_TRUE(
      holds(answer("GET", "w2/shares/x")->body, R"({"shares":[],"ruled":false,"policies":0})"));
  // Rules of the tenant are rules, too.
  ASSERT_EQ(status("PUT", ".system/policies/all", "full", "permit (principal, action, resource);"),
            200);
  EXPECT_TRUE(holds(answer("GET", "w2/shares/x")->body, R"("ruled":true,"policies":0})"));
}

class LinkApi : public PolicyApi {
 protected:
  LinkApi() { node_.context.tickets = &tickets_; }

  std::string made(const std::string& target, const char* token, const std::string& body) {
    const auto link = answer("POST", target, token, body);
    return std::to_string(link->head->status) + " " + link->body;
  }
  // What is between this and the next quote.
  static std::string behind(const std::string& text, const std::string& mark) {
    const auto at = text.find(mark);
    if (at == text.npos) return "";
    return text.substr(at + mark.size(), text.find('"', at + mark.size()) - at - mark.size());
  }

  const std::shared_ptr<const std::vector<identity::TicketSecret>> secrets_ =
      std::make_shared<const std::vector<identity::TicketSecret>>(1);
  const identity::TicketAuthenticator tickets_{{.secrets = [this] { return secrets_; }}};
};

TEST_F(LinkApi, AnOwnerMakesALinkWhichIsAShareAndATicket) {
  ASSERT_EQ(status("PUT", "w/shares?resource=a/plan&to=principal:bob&role=owner"), 200);
  const std::string link = made("w/links/a/plan", "write", R"({"role":"viewer","lifetime_s":60})");
  ASSERT_TRUE(link.starts_with("201 ")) << link;
  const auto ticket = identity::read_ticket(behind(link, R"("ticket":")"), *secrets_);
  ASSERT_TRUE(ticket);
  EXPECT_EQ(ticket->rights, "read");
  EXPECT_EQ(ticket->workspace, "w");
  EXPECT_EQ(ticket->object, "a/plan");
  EXPECT_EQ(behind(link, R"("principal":")"), ticket->principal);
  const std::string seen = answer("GET", "w/shares/a/plan", "write")->body;
  EXPECT_TRUE(holds(seen, "\"to\":\"principal:" + ticket->principal + "\",\"role\":\"viewer\""))
      << seen;
  EXPECT_EQ(behind(seen, R"("expires":")"), behind(link, R"("expires_at":")"));
}

TEST_F(LinkApi, WhoIsNoOwnerMakesNone) {
  const std::string wish = R"({"role":"editor"})";
  EXPECT_TRUE(made("w/links/a/plan", "write", wish).starts_with("403 ")) << "there are no shares";
  ASSERT_EQ(status("PUT", "w/shares?resource=a/plan&to=principal:bob&role=owner"), 200);
  ASSERT_EQ(status("PUT", "w/shares?resource=b&to=principal:bob&role=editor"), 200);
  EXPECT_TRUE(made("w/links/b", "write", wish).starts_with("403 "));
  EXPECT_TRUE(made("w/links/a/plan", "look", wish).starts_with("403 "));
  EXPECT_TRUE(made("none/links/a", "full", wish).starts_with("404 "));
  for (const char* bad : {"", "{}", R"({"role":"owner"})", R"({"role":"boss"})",
                          R"({"role":"viewer","lifetime_s":86401})", R"({"role":"viewer","x":1})"})
    EXPECT_TRUE(made("w/links/a/plan", "write", bad).starts_with("400 ")) << bad;
  EXPECT_FALSE(holds(answer("GET", "w/shares")->body, "link:"));
}

TEST_F(LinkApi, ANewLinkTakesOutThoseOfTheObjectThatHaveEnded) {
  const auto links = [&] {
    const std::string seen = answer("GET", "w/shares")->body;
    std::size_t count = 0;
    for (auto at = seen.find("link:"); at != seen.npos; at = seen.find("link:", at + 1)) ++count;
    return count;
  };
  const auto make = [&](const char* target, const char* seconds) {
    const std::string body = std::string(R"({"role":"viewer","lifetime_s":)") + seconds + "}";
    ASSERT_TRUE(made(target, "full", body).starts_with("201 "));
  };
  make("w/links/a/plan", "10");
  make("w/links/a/plan", "60");
  make("w/links/b", "10");
  EXPECT_EQ(links(), 3u);
  node_.loops[0]->advance(20'000);
  make("w/links/a/plan", "60");
  EXPECT_EQ(links(), 3u) << "the first one is gone, the one of b stays until b gets one";
  make("w/links/b", "60");
  EXPECT_EQ(links(), 3u);
}

}  // namespace
}  // namespace syncline::api
