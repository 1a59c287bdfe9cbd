// Tenants behind the HTTP API: addresses, lists, and answers that hold public names only.
#include "policy/tenants.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/test_api.h"

namespace syncline::api {
namespace {

using testing::TestApi;
using testing::Typist;

policy::Principal of_tenant(std::string tenant) {
  return {.id = "ann",
          .identity = std::make_shared<const policy::Identity>(policy::Identity{
              .source = policy::Identity::Source::kJwt, .tenant = std::move(tenant)})};
}

// Two tenants and the default one, each with a workspace "w" and one of its own.
class ApiTenants : public ::testing::Test {
 protected:
  ApiTenants()
      : node_(policy::Access(
            {{"acme", of_tenant("acme")}, {"beta", of_tenant("beta")}, {"none", {.id = "ann"}}})),
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
  policy::TenantTable tenants_;
  policy::TenantDoor door_;
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

}  // namespace
}  // namespace syncline::api
