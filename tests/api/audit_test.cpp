// The audit log: who did something administrative, who was refused, and who reads that.
#include "log/audit.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "limits/tenants.h"
#include "support/test_api.h"
#include "workspace/onlooker.h"

namespace syncline::api {
namespace {

using testing::TestApi;
using testing::Typist;

identity::Principal somebody(std::string id, identity::Rights rights, std::string tenant = {}) {
  return {.id = std::move(id),
          .rights = rights,
          .identity = std::make_shared<const identity::Identity>(
              identity::Identity{.source = identity::Identity::Source::kJwt,
                                 .tenant = std::move(tenant),
                                 .token = "t-1"})};
}

class ApiAudit : public ::testing::Test {
 protected:
  ApiAudit()
      : node_(identity::Access({{"boss", somebody("ann", identity::Rights::all())},
                                {"reader", somebody("bob", identity::Rights::reading())},
                                {"writer", somebody("wil", identity::Rights::writing())},
                                {"acme", somebody("eve", identity::Rights::all(), "acme")}})) {
    node_.shards->set(0, nullptr);
    node_.shards->set(
        0, std::make_unique<node::Shard>(
               *node_.loops[0], std::make_unique<testing::TestRandom>(),
               node_.store.open_loop(*node_.loops[0]), node_.identity, node_.shards->placement(), 0,
               node::ShardOptions{.tenant_policies_through = node_.shards.get(),
                                  .audit_through = node_.shards.get()}));
    node_.peer = "203.0.113.5:1234";
    node_.change("w", "x", Typist(1).type("text"));
  }

  std::shared_ptr<testing::FakeAnswer> ask(const std::string& method, const std::string& token,
                                           const std::string& target) {
    auto answer = node_.ask(method, target, "Authorization: Bearer " + token + "\r\n");
    node_.loops[0]->advance(2000);
    node_.run();
    return answer;
  }
  std::string audit_of(const std::string& token) { return ask("GET", token, "/v1/audit")->body; }

  TestApi node_;
};

TEST_F(ApiAudit, AnActIsThereWhenItIsAnswered) {
  EXPECT_EQ(ask("PUT", "boss", "/v1/workspaces/w/retention?keep_last=10")->head->status, 200);
  const std::string log = audit_of("boss");
  for (const char* part :
       {R"("kind":"act")", R"("principal":"ann")", R"("token":"t-1")", R"("address":"203.0.113.5")",
        R"("right":"retention")", R"("request":"PUT /v1/workspaces/{workspace}/retention")",
        R"("workspace":"w")", R"("status":200)"})
    EXPECT_NE(log.find(part), std::string::npos) << part << " in " << log;
}

// Between any two tasks of the loop.
TEST_F(ApiAudit, NoActIsAnsweredBeforeItIsDurable) {
  const std::string act = "PUT /v1/workspaces/{workspace}/hold";
  const auto is_stored = [&] {
    for (unsigned family = 0; family < store::kFamilies; ++family) {
      const auto cursor = node_.store.tables().cursor(static_cast<store::Family>(family));
      for (cursor->seek(""); cursor->valid(); cursor->next())
        if (cursor->value().find(act) != cursor->value().npos) return true;
    }
    return false;
  };
  const auto answer =
      node_.send("PUT", "/v1/workspaces/w/hold?reason=case", "Authorization: Bearer boss\r\n");
  bool early = false;
  std::function<void()> look = [&] {
    if (answer->head) return;
    const bool stored = is_stored();
    node_.loops[0]->post([&, stored] {
      early = early || (answer->head && !stored && !is_stored());
      look();
    });
  };
  look();
  node_.run();
  ASSERT_TRUE(answer->head.has_value());
  EXPECT_EQ(answer->head->status, 200);
  EXPECT_FALSE(early);
  EXPECT_TRUE(is_stored());
}

// Refusals that concern the object, and whoever got it with the whole workspace; nothing of others.
TEST_F(ApiAudit, AReportOfAccessTellsOfTheAuditLog) {
  ask("PUT", "boss", "/v1/workspaces/w/shares?to=principal:ann&role=owner");
  EXPECT_EQ(ask("GET", "reader", "/v1/workspaces/w/objects/x")->head->status, 403);
  EXPECT_EQ(ask("GET", "reader", "/v1/workspaces/w/objects/y")->head->status, 403);
  EXPECT_EQ(ask("GET", "boss", "/v1/workspaces/w/export")->head->status, 200);
  const std::string all = ask("GET", "boss", "/v1/workspaces/w/access/x")->body;
  const std::size_t audit = all.find(R"("audit":[{)");
  ASSERT_NE(audit, all.npos) << all;
  EXPECT_NE(all.find(R"("kind":"refusal","count":1,"principal":"bob","token":"t-1","right":"read")",
                     audit),
            all.npos)
      << all;
  EXPECT_NE(all.find(R"("kind":"export")", audit), all.npos) << all;
  EXPECT_EQ(all.find(R"("object":"y")", audit), all.npos) << all;
  EXPECT_EQ(all.find("\"kind\":\"act\"", audit), all.npos) << all;
  EXPECT_NE(all.find(R"("audit_cut":false)"), all.npos);
  // Before the second event, nothing of that had happened.
  const std::string early = ask("GET", "boss", "/v1/workspaces/w/access/x?to=1")->body;
  EXPECT_NE(early.find(R"("audit":[],)"), early.npos) << early;
  // Whoever may not read the audit log is told nothing of it.
  ask("PUT", "boss", "/v1/workspaces/w/shares?to=principal:wil&role=owner");
  const std::string some = ask("GET", "writer", "/v1/workspaces/w/access/x")->body;
  EXPECT_NE(some.find(R"("audit":null,)"), some.npos) << some;
}

TEST_F(ApiAudit, AnActThatFailsIsThereWithItsStatus) {
  EXPECT_EQ(ask("PUT", "boss", "/v1/workspaces/w/retention?keep_last=x")->head->status, 400);
  EXPECT_NE(audit_of("boss").find(R"("status":400)"), std::string::npos);
}

TEST_F(ApiAudit, RefusalsAreCounted) {
  for (int i = 0; i < 3; ++i)
    node_.send("PUT", "/v1/workspaces/w/retention?keep_last=1", "Authorization: Bearer reader\r\n");
  for (int i = 0; i < 2; ++i)
    node_.send("GET", "/v1/workspaces", "Authorization: Bearer guess\r\n");
  node_.run();
  node_.loops[0]->advance(2000);
  node_.run();
  const std::string log = audit_of("boss");
  EXPECT_NE(log.find(R"("kind":"refusal","count":3,"principal":"bob")"), std::string::npos) << log;
  EXPECT_NE(log.find(R"("request":"PUT /v1/workspaces/{workspace}/retention")"), std::string::npos);
  EXPECT_NE(log.find(R"("right":"retention")"), std::string::npos);
  EXPECT_NE(log.find(R"("kind":"refusal","count":2,"address":"203.0.113.5")"), std::string::npos)
      << log;
  EXPECT_EQ(log.find("guess"), std::string::npos) << "no token is kept";
}

TEST_F(ApiAudit, AChangeOfSomebodyWhoMayNotIsThere) {
  node_.shards->on_owner("w", [](node::Shard& shard) {
    shard.host.get("w").change(
        "x", {.caller = {.principal = {.id = "bob"}, .rights = identity::Rights::reading()}},
        [](const merge::Object&, log::Position) { return Typist(2).type("!"); },
        [](Result<workspace::Receipt> receipt) {
          EXPECT_EQ(receipt.error().code, ErrorCode::kForbidden);
        });
  });
  node_.run();
  node_.loops[0]->advance(2000);
  node_.run();
  const std::string log = audit_of("boss");
  EXPECT_NE(log.find(R"("principal":"bob","right":"write","workspace":"w","object":"x","reason":)"),
            std::string::npos)
      << log;
}

// The server asks itself whether a reader may write, to tell his client. Nobody was refused then.
TEST_F(ApiAudit, AQuestionOfTheServersOwnIsNoRefusal) {
  workspace::Onlooker onlooker;
  node_.shards->on_owner("w", [&](node::Shard& shard) {
    const identity::Caller reader{.principal = {.id = "bob"},
                                  .rights = identity::Rights::reading()};
    workspace::Workspace& open = shard.host.get("w");
    open.subscribe(reader, "x", {}, onlooker, [&, reader](Result<workspace::LiveObject*> live) {
      ASSERT_TRUE(live.has_value());
      EXPECT_FALSE(open.may(reader, identity::Right::kWrite, **live));
      open.unsubscribe(**live, onlooker);
    });
  });
  node_.run();
  node_.loops[0]->advance(2000);
  node_.run();
  EXPECT_EQ(audit_of("boss"), "");
}

TEST_F(ApiAudit, AnExportIsThere) {
  EXPECT_EQ(ask("GET", "boss", "/v1/workspaces/w/export")->head->status, 200);
  EXPECT_NE(audit_of("boss").find(R"("kind":"export")"), std::string::npos);
}

TEST_F(ApiAudit, ReadsAreThereIfARuleOfTheTenantSaysSo) {
  node_.change("w", "hr/bob", Typist(3).type("text"));
  EXPECT_EQ(ask("GET", "reader", "/v1/workspaces/w/objects/hr/bob")->head->status, 200);
  node_.body =
      R"(@audit permit (principal, action in [Action::"read", Action::"history"], resource in Folder::"hr/");)";
  EXPECT_EQ(ask("PUT", "boss", "/v1/workspaces/.system/policies/reads")->head->status, 200);
  node_.body.clear();
  for (int i = 0; i < 3; ++i)
    node_.send("GET", "/v1/workspaces/w/objects/hr/bob", "Authorization: Bearer reader\r\n");
  node_.run();
  EXPECT_EQ(ask("GET", "reader", "/v1/workspaces/w/changes/hr/bob")->head->status, 200);
  EXPECT_EQ(ask("GET", "reader", "/v1/workspaces/w/objects/x")->head->status, 200);
  const std::string log = audit_of("boss");
  EXPECT_NE(
      log.find(
          R"("kind":"read","count":3,"principal":"bob","token":"t-1","address":"203.0.113.5","right":"read","workspace":"w","object":"hr/bob")"),
      std::string::npos)
      << log;
  EXPECT_NE(log.find(R"("right":"history","workspace":"w","object":"hr/bob")"), std::string::npos);
  EXPECT_EQ(log.find(R"("object":"x")"), std::string::npos);
}

TEST_F(ApiAudit, NoPolicyKeepsTheServerFromWritingIt) {
  node_.body = R"(permit (principal == Principal::"nobody", action, resource);)";
  EXPECT_EQ(ask("PUT", "boss", "/v1/workspaces/.system/policies/none")->head->status, 200);
  node_.body.clear();
  EXPECT_EQ(ask("GET", "boss", "/v1/workspaces/w/objects/x")->head->status, 403);
  const std::string log = audit_of("boss");
  EXPECT_NE(log.find(R"("request":"PUT /v1/workspaces/{workspace}/policies/{policy}")"),
            std::string::npos)
      << log;
  EXPECT_NE(log.find(R"("kind":"refusal")"), std::string::npos);
}

TEST_F(ApiAudit, EachTenantHasItsOwn) {
  EXPECT_EQ(ask("POST", "acme", "/v1/revocations?principal=bob")->head->status, 204);
  EXPECT_EQ(ask("POST", "boss", "/v1/revocations?principal=carol")->head->status, 204);
  EXPECT_NE(audit_of("acme").find(R"("principal":"eve")"), std::string::npos);
  EXPECT_EQ(audit_of("acme").find("ann"), std::string::npos);
  EXPECT_NE(audit_of("boss").find(R"("principal":"ann")"), std::string::npos);
  EXPECT_EQ(audit_of("boss").find("eve"), std::string::npos);
}

TEST_F(ApiAudit, OnlyWhoMayReadsIt) {
  EXPECT_EQ(ask("GET", "reader", "/v1/audit")->head->status, 403);
  EXPECT_EQ(ask("GET", "reader", "/v1/workspaces/.system/log")->head->status, 403);
  EXPECT_EQ(ask("GET", "reader", "/v1/workspaces/.system/export")->head->status, 403);
  EXPECT_EQ(ask("GET", "boss", "/v1/workspaces/.system/log")->head->status, 200);
  EXPECT_EQ(ask("PUT", "boss", "/v1/workspaces/.system/retention?keep_last=100")->head->status,
            200);
}

TEST_F(ApiAudit, NobodyWritesIt) {
  ask("PUT", "boss", "/v1/workspaces/w/hold?reason=case");
  EXPECT_EQ(ask("PUT", "boss", "/v1/workspaces/.system/pins/p")->head->status, 403);
  EXPECT_EQ(ask("POST", "boss", "/v1/workspaces/.system/import")->head->status, 403);
  EXPECT_EQ(ask("POST", "boss", "/v1/workspaces/.system/restore/x?at=1")->head->status, 403);
}

TEST_F(ApiAudit, ItsWorkspaceIsNotListed) {
  node_.change("v", "x", Typist(1).type("text"));
  ask("PUT", "boss", "/v1/workspaces/w/hold?reason=case");
  EXPECT_EQ(ask("GET", "boss", "/v1/workspaces")->body,
            "{\"workspaces\":[\"v\",\"w\"],\"next\":null}\n");
  EXPECT_EQ(ask("GET", "boss", "/v1/workspaces?limit=1")->body,
            "{\"workspaces\":[\"v\"],\"next\":\"v\"}\n");
}

TEST_F(ApiAudit, NoQuotaOfTheTenantConcernsIt) {
  limits::TenantTable tenants;
  limits::TenantRecord acme{.name = "acme"};
  acme.quotas.set(limits::Quota::kWorkspaces, 1);
  tenants.put(acme);
  limits::UseTable uses(&tenants);
  EXPECT_NE(uses.of("/acme/w"), nullptr);
  EXPECT_EQ(uses.of("/acme/.system"), nullptr);
}

// Otherwise whoever gets its name would read it.
TEST_F(ApiAudit, ATenantWithAnAuditLogIsNotForgotten) {
  limits::TenantTable tenants;
  node_.context.tenants = &tenants;
  EXPECT_EQ(ask("POST", "boss", "/v1/tenants/acme")->head->status, 201);
  EXPECT_EQ(ask("POST", "acme", "/v1/revocations?principal=bob")->head->status, 204);
  EXPECT_EQ(ask("DELETE", "boss", "/v1/tenants/acme")->head->status, 409);
  EXPECT_EQ(ask("POST", "boss", "/v1/tenants/beta")->head->status, 201);
  EXPECT_EQ(ask("DELETE", "boss", "/v1/tenants/beta")->head->status, 204);
}

TEST_F(ApiAudit, WhatRetentionDroppedIsSaid) {
  ask("PUT", "boss", "/v1/workspaces/w/hold?reason=case");
  EXPECT_EQ(ask("PUT", "boss", "/v1/workspaces/.system/retention?keep_last=1")->head->status, 200);
  ask("DELETE", "boss", "/v1/workspaces/w/hold");
  EXPECT_EQ(ask("POST", "boss", "/v1/workspaces/.system/retention")->head->status, 200);
  const std::string log = audit_of("boss");
  EXPECT_NE(log.find(R"({"position":1,"dropped":true})"), std::string::npos) << log;
}

// A page asks for each document that it opens, and for nothing that would be refused.
TEST_F(ApiAudit, ToAskForOnesRightsIsNoRefusal) {
  EXPECT_EQ(ask("GET", "reader", "/v1/workspaces/w/rights/x")->head->status, 200);
  EXPECT_EQ(audit_of("boss").find("refusal"), std::string::npos);
  EXPECT_EQ(ask("GET", "reader", "/v1/workspaces/w/shares/x")->head->status, 403);
  EXPECT_NE(audit_of("boss").find("refusal"), std::string::npos);
}

}  // namespace
}  // namespace syncline::api
