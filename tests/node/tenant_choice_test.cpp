#include "node/tenant_choice.h"

#include <gtest/gtest.h>

#include <string>

namespace syncline::node {
namespace {

http::Request request_for(std::string path, std::string host = "localhost:4400") {
  http::Request request;
  request.raw_path = path;
  request.path = std::move(path);
  request.headers.add("Host", std::move(host));
  return request;
}

const identity::TenantHosts kHosts({{"Acme.Docs.example", "acme"}, {"beta.docs.example", "beta"}});

TEST(TenantChoice, ThePathNamesATenant) {
  for (const auto& [path, rest] : {std::pair{"/t/acme/y/notes/plan", "/y/notes/plan"},
                                   {"/t/acme/v1/workspaces", "/v1/workspaces"},
                                   {"/t/acme/", "/"},
                                   {"/t/acme", "/"},
                                   {"/t/acme//y", "//y"}}) {
    auto request = request_for(path);
    ASSERT_TRUE(choose_tenant(kHosts, request)) << path;
    EXPECT_EQ(request.tenant, "acme");
    EXPECT_EQ(request.raw_path, rest);
    EXPECT_EQ(request.path, rest);
  }
}

TEST(TenantChoice, OtherPathsNameNone) {
  for (const char* path : {"/", "/y/t/acme", "/v1/workspaces", "/t"}) {
    auto request = request_for(path);
    ASSERT_TRUE(choose_tenant(kHosts, request)) << path;
    EXPECT_EQ(request.tenant, "");
    EXPECT_EQ(request.raw_path, path);
  }
}

TEST(TenantChoice, ANameThatNoTenantCanHaveIsNotFound) {
  for (const char* path : {"/t/", "/t//y", "/t/Acme/y", "/t/a%63me/y", "/t/.hidden"}) {
    auto request = request_for(path);
    const auto chosen = choose_tenant(kHosts, request);
    ASSERT_FALSE(chosen) << path;
    EXPECT_EQ(chosen.error().code, ErrorCode::kNotFound);
  }
}

TEST(TenantChoice, TheHostNamesATenant) {
  auto request = request_for("/y/notes/plan", "acme.docs.EXAMPLE:443");
  ASSERT_TRUE(choose_tenant(kHosts, request));
  EXPECT_EQ(request.tenant, "acme");
  EXPECT_EQ(request.raw_path, "/y/notes/plan");
  auto other = request_for("/y/notes/plan", "docs.example");
  ASSERT_TRUE(choose_tenant(kHosts, other));
  EXPECT_EQ(other.tenant, "");
}

TEST(TenantChoice, PathAndHostMustAgree) {
  auto same = request_for("/t/acme/v1/workspaces", "acme.docs.example");
  EXPECT_TRUE(choose_tenant(kHosts, same));
  auto request = request_for("/t/beta/v1/workspaces", "acme.docs.example");
  const auto chosen = choose_tenant(kHosts, request);
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().code, ErrorCode::kForbidden);
}

}  // namespace
}  // namespace syncline::node
