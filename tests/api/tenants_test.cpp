// Tenants behind the HTTP API: addresses, lists, and answers that hold public names only.
#include "limits/tenants.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/test_api.h"

namespace syncline::api {
namespace {

using testing::TestApi;
using testing::Typist;

identity::Principal of_tenant(std::string tenant) {
  return {.id = "ann",
          .identity = std::make_shared<const identity::Identity>(identity::Identity{
              .source = identity::Identity::Source::kJwt, .tenant = std::move(tenant)})};
}

// Two tenants and the default one, each with a workspace "w" and one of its own.
class ApiTenants : public ::testing::Test {
 protected:
  ApiTenants()
      : node_(identity::Access({{"acme", of_tenant("acme")},
                                {"beta", of_tenant("beta")},
                                {"none", {.id = "ann"}},
                                {"look", {.id = "bob", .rights = identity::Rights::reading()}}})),
        door_(node_.context.access, tenants_),
        context_{.shards = node_.context.shards,
                 .access = door_,
                 .tenants = &tenants_,
                 .keys = node_.context.keys,
                 .ready = node_.context.ready} {
    node_.handler = make_handler(context_);
    for (const char* tenant : {"acme", "beta"}) tenants_.put({.name = tenant});
    node_.change("w", "x", Typist(1).type("of none"));
    node_.change("+first", "x", Typist(1).type("of none"));
    node_.change("/acme/w", "x", Typist(2).type("of acme"));
    node_.change("/acme/only", "x", Typist(2).type("of acme"));
    node_.change("/beta/w", "x", Typist(3).type("of beta"));
  }

  std::shared_ptr<testing::FakeAnswer> ask(const std::string& token, const std::string& target) {
    return node_.ask("GET", target, "Authorization: Bearer " + token + "\r\n");
  }

  TestApi node_;
  limits::TenantTable tenants_;
  limits::TenantDoor door_;
  Context context_;
};

TEST_F(ApiTenants, ATokenSeesTheWorkspacesOfItsTenant) {
  EXPECT_EQ(ask("acme", "/v1/workspaces")->body,
            "{\"workspaces\":[\"only\",\"w\"],\"next\":null}\n");
  EXPECT_EQ(ask("beta", "/v1/workspaces")->body, "{\"workspaces\":[\"w\"],\"next\":null}\n");
  EXPECT_EQ(ask("none", "/v1/workspaces")->body,
            "{\"workspaces\":[\"+first\",\"w\"],\"next\":null}\n");
  EXPECT_EQ(ask("none", "/v1/workspaces?limit=1")->body,
            "{\"workspaces\":[\"+first\"],\"next\":\"+first\"}\n");
  EXPECT_EQ(ask("none", "/v1/workspaces?after=%2Bfirst")->body,
            "{\"workspaces\":[\"w\"],\"next\":null}\n");
  EXPECT_EQ(ask("acme", "/v1/workspaces?after=only")->body,
            "{\"workspaces\":[\"w\"],\"next\":null}\n");
}

TEST_F(ApiTenants, TheSameNameIsAnotherWorkspace) {
  for (const char* tenant : {"acme", "beta", "none"}) {
    const auto answer = ask(tenant, "/v1/workspaces/w/objects/x");
    ASSERT_TRUE(answer->head);
    EXPECT_EQ(answer->head->status, 200);
    EXPECT_NE(answer->body.find(std::string("of ") + tenant), std::string::npos) << answer->body;
    EXPECT_NE(answer->body.find("\"workspace\":\"w\""), std::string::npos) << answer->body;
  }
}

TEST_F(ApiTenants, AnAddressOfAnotherTenantIsRefused) {
  EXPECT_EQ(ask("acme", "/t/acme/v1/workspaces/w/objects/x")->head->status, 200);
  const auto refused = ask("acme", "/t/beta/v1/workspaces/w/objects/x");
  EXPECT_EQ(refused->head->status, 403);
  // Whatever exists there.
  EXPECT_EQ(ask("acme", "/t/nobody/v1/workspaces/none/objects/none")->body, refused->body);
  EXPECT_EQ(ask("acme", "/t/default/v1/workspaces/w/objects/x")->body, refused->body);
  // The operator comes in.
  const auto entered = ask("none", "/t/acme/v1/workspaces/w/objects/x");
  EXPECT_NE(entered->body.find("of acme"), std::string::npos);
  EXPECT_EQ(ask("none", "/t/nobody/v1/workspaces")->head->status, 404);
}

TEST_F(ApiTenants, ErrorsHoldPublicNames) {
  for (const char* target :
       {"/v1/workspaces/w/checkpoint", "/v1/workspaces/none/export",
        "/v1/workspaces/w/objects/x?at=99", "/v1/workspaces/none/log?after=x"}) {
    const auto answer = ask("acme", target);
    EXPECT_GE(answer->head->status, 400) << target;
    EXPECT_EQ(answer->body.find("/acme/"), std::string::npos) << answer->body;
  }
}

TEST_F(ApiTenants, WhatConcernsTheServerIsTheOperators) {
  for (const char* target : {"/v1/tenants", "/v1/tenants/acme", "/metrics", "/v1/log-level"}) {
    EXPECT_EQ(ask("acme", target)->head->status, 403) << target;
    EXPECT_EQ(ask("none", std::string("/t/acme") + target)->head->status, 403) << target;
    EXPECT_NE(ask("none", target)->head->status, 403) << target;
  }
}

// Whoever reads the counters of the server need not know whose they are.
TEST_F(ApiTenants, MetricsNameTenantsToThoseWhoMaySeeThem) {
  const auto metrics = [&](const std::string& token) {
    const auto answer = ask(token, "/metrics");
    EXPECT_EQ(answer->head->status, 200) << token;
    return answer->body;
  };
  EXPECT_NE(metrics("none").find("tenant=\"acme\""), std::string::npos);
  EXPECT_EQ(metrics("look").find("tenant"), std::string::npos);
}

// Both are read before either is written.
TEST_F(ApiTenants, OfTwoChangesAtOnceNoneIsLost) {
  const std::string headers = "Authorization: Bearer none\r\n";
  ASSERT_EQ(node_.ask("POST", "/v1/tenants/gamma", headers)->head->status, 201);
  const auto objects = node_.send("PUT", "/v1/tenants/gamma?max_objects=7", headers);
  const auto name = node_.send("PUT", "/v1/tenants/gamma?name=Gamma", headers);
  const auto bytes = node_.send("PUT", "/v1/tenants/gamma?max_stored_bytes=9", headers);
  node_.run();
  for (const auto& answer : {objects, name, bytes}) EXPECT_EQ(answer->head->status, 200);
  const std::string record = ask("none", "/v1/tenants/gamma")->body;
  for (const char* part : {R"("name":"Gamma")", R"("objects":7)", R"("stored_bytes":9)"})
    EXPECT_NE(record.find(part), std::string::npos) << record;
}

TEST_F(ApiTenants, OfTwoWhoMakeOneOneIsRefused) {
  const std::string headers = "Authorization: Bearer none\r\n";
  const auto first = node_.send("POST", "/v1/tenants/gamma?name=first", headers);
  const auto second = node_.send("POST", "/v1/tenants/gamma?name=second", headers);
  node_.run();
  EXPECT_EQ(first->head->status, 201);
  EXPECT_EQ(second->head->status, 409);
  EXPECT_NE(ask("none", "/v1/tenants/gamma")->body.find("first"), std::string::npos);
}

TEST_F(ApiTenants, OneWithDataIsDeletedOnlyUnderItsName) {
  const auto remove = [&](const std::string& query) {
    return node_.ask("DELETE", "/v1/tenants/acme" + query, "Authorization: Bearer none\r\n");
  };
  node_.ask("POST", "/v1/tenants/acme", "Authorization: Bearer none\r\n");
  for (const char* query : {"", "?with_data=1", "?with_data=1&confirm=beta", "?confirm=acme"}) {
    const auto refused = remove(query);
    EXPECT_EQ(refused->head->status, 409) << query;
    EXPECT_NE(refused->body.find("with_data=1&confirm=acme"), std::string::npos) << refused->body;
  }
  EXPECT_EQ(ask("acme", "/v1/workspaces")->head->status, 200);
  const auto closed = remove("?with_data=1&confirm=acme");
  EXPECT_EQ(closed->head->status, 200);
  EXPECT_NE(closed->body.find(R"("state":"erasing")"), std::string::npos) << closed->body;
  EXPECT_EQ(ask("acme", "/v1/workspaces")->head->status, 403) << "at once";
  EXPECT_EQ(node_.ask("POST", "/v1/tenants/acme", "Authorization: Bearer none\r\n")->head->status,
            409)
      << "the name is taken";
}

}  // namespace
}  // namespace syncline::api
