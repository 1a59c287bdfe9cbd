#include "identity/claim_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace syncline::identity {
namespace {

Result<Mapped> mapped_by(std::string_view json, const ClaimRules& rules = {}) {
  return map_claims(crdt::from_json(json).value(), rules);
}

std::string refusal(std::string_view json, const ClaimRules& rules = {}) {
  const auto mapped = mapped_by(json, rules);
  return mapped ? "" : mapped.error().message;
}

TEST(ClaimRules, TheUsualClaimsNeedNoConfiguration) {
  const auto mapped =
      mapped_by(R"({"sub":"u-1","name":"Ann Lee","groups":["staff","docs"],"tenant":"x"})");
  ASSERT_TRUE(mapped);
  EXPECT_EQ(mapped->id, "u-1");
  EXPECT_EQ(mapped->identity.name, "Ann Lee");
  EXPECT_EQ(mapped->identity.groups, (std::vector<std::string>{"staff", "docs"}));
  EXPECT_EQ(mapped->identity.tenant, "");
  EXPECT_EQ(mapped->rights, Rights::writing());
}

TEST(ClaimRules, ClaimsAreFoundByNameOrByPath) {
  const ClaimRules rules{.id = "https://app.example/id",
                         .name = "profile.full.name",
                         .groups = "realm_access.roles",
                         .tenant = "org"};
  const auto mapped =
      mapped_by(R"({"https://app.example/id":"u","profile":{"full":{"name":"Ann"}},)"
                R"("realm_access":{"roles":"one"},"org":"acme"})",
                rules);
  ASSERT_TRUE(mapped) << mapped.error().message;
  EXPECT_EQ(mapped->id, "u");
  EXPECT_EQ(mapped->identity.name, "Ann");
  EXPECT_EQ(mapped->identity.groups, (std::vector<std::string>{"one"}));
  EXPECT_EQ(mapped->identity.tenant, "acme");
  EXPECT_EQ(refusal(R"({"https://app.example/id":"u"})", rules), "the token names no tenant");
}

TEST(ClaimRules, TheDefaultTenantHasNoNameWithinTheServer) {
  EXPECT_EQ(mapped_by(R"({"sub":"u","t":"default"})", {.tenant = "t"})->identity.tenant, "");
  EXPECT_EQ(mapped_by(R"({"sub":"u"})", {.tenants = {"default"}})->identity.tenant, "");
}

TEST(ClaimRules, AnIssuerSpeaksOfItsTenantsAndItsPeople) {
  const ClaimRules one{.tenants = {"acme"}};
  EXPECT_EQ(mapped_by(R"({"sub":"u","tenant":"beta"})", one)->identity.tenant, "acme");
  const ClaimRules rules{
      .tenant = "t", .id_prefix = "a:", .other_prefixes = {"a:b:", "c:"}, .tenants = {"x", "y"}};
  EXPECT_EQ(mapped_by(R"({"sub":"u","t":"y"})", rules)->id, "a:u");
  EXPECT_NE(refusal(R"({"sub":"u","t":"z"})", rules), "");
  EXPECT_NE(refusal(R"({"sub":"b:u","t":"x"})", rules), "") << "a:b:u is of another issuer";
  EXPECT_EQ(refusal(R"({"sub":"c:u","t":"x"})", rules), "") << "a:c:u is not";
  EXPECT_NE(refusal(R"({"sub":")" + std::string(kMaxIdBytes - 1, 'x') + R"(","t":"x"})", rules),
            "");
}

TEST(ClaimRules, NobodyTakesAReservedId) {
  for (const char* id :
       {"anonymous", "token", "reader", "slk_abc", "slt_abc", "key:ci", "ticket:x", "link:1-x"})
    EXPECT_EQ(refusal(R"({"sub":")" + std::string(id) + "\"}"), "the id in the token is reserved");
  for (const char* json : {"{}", R"({"sub":""})", R"({"sub":7})", R"({"sub":null})"})
    EXPECT_EQ(refusal(json), "the token names nobody");
  EXPECT_NE(refusal(R"({"sub":"a\u0000b"})"), "");
  EXPECT_NE(refusal(R"({"sub":"a\nb"})"), "");
  EXPECT_EQ(refusal(R"({"sub":")" + std::string(kMaxIdBytes, 'x') + "\"}"), "");
  EXPECT_NE(refusal(R"({"sub":")" + std::string(kMaxIdBytes + 1, 'x') + "\"}"), "");
}

TEST(ClaimRules, ANameThatCannotBeShownIsLeftOut) {
  for (const std::string& name :
       {std::string("7"), std::string(R"("")"), std::string(R"("a\u0007b")"),
        "\"" + std::string(kMaxShownNameBytes + 1, 'x') + "\""})
    EXPECT_EQ(mapped_by(R"({"sub":"u","name":)" + name + "}").value().identity.name, "");
}

TEST(ClaimRules, GroupsAreTakenWholeOrNotAtAll) {
  std::string many = R"({"sub":"u","groups":["g")";
  for (std::size_t i = 1; i < kMaxGroups; ++i) many += ",\"g\"";
  EXPECT_EQ(refusal(many + "]}"), "");
  EXPECT_NE(refusal(many + ",\"g\"]}"), "");
  EXPECT_NE(refusal(R"({"sub":"u","groups":["a",1]})"), "");
  EXPECT_NE(refusal(R"({"sub":"u","groups":{"a":1}})"), "");
  EXPECT_NE(refusal(R"({"sub":"u","groups":[")" + std::string(kMaxIdBytes + 1, 'x') + "\"]}"), "");
  EXPECT_EQ(refusal(R"({"sub":"u","groups":null})"), "");
}

TEST(ClaimRules, RightsComeFromAClaimOrFromTheOperator) {
  EXPECT_EQ(mapped_by(R"({"sub":"u","scope":"admin"})", {.fallback = Rights::reading()})->rights,
            Rights::reading());
  const ClaimRules rules{.rights = "scope"};
  const auto rights = [&](const std::string& scope) {
    const auto mapped = mapped_by(R"({"sub":"u","scope":)" + scope + "}", rules);
    return mapped ? mapped->rights : Rights::none();
  };
  EXPECT_EQ(rights(R"("openid read")"), Rights::reading());
  EXPECT_EQ(rights(R"("openid syncline:write read")"), Rights::writing());
  EXPECT_EQ(rights(R"(["x","admin"])"), Rights::all());
  for (const char* scope : {R"("openid")", R"("")", R"("administer")", R"("Read")", "7", "null",
                            R"(["read",1])", R"("syncline:syncline:read")"})
    EXPECT_EQ(rights(scope), Rights::none()) << scope;
  EXPECT_EQ(refusal(R"({"sub":"u"})", rules), "the token gives no rights here");
}

}  // namespace
}  // namespace syncline::identity
