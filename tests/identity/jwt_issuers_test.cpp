// Several issuers, of which one lies.
#include "identity/jwt_issuers.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "identity/issuer_list.h"
#include "support/token_signer.h"
#include "support/virtual_loop.h"

namespace syncline::identity {
namespace {

using jose::Algorithm;
using testing::TokenSigner;

FixedKeys fixed_keys_of(const TokenSigner& signer) {
  return FixedKeys(jose::KeySet::from_json(signer.jwk(), jose::KeySet::Secrets::kIgnored).value());
}

constexpr const char* kHonest = "https://honest.example";
constexpr const char* kLiar = "https://liar.example";

// Both have a key with the same id.
class JwtIssuersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<IssuerSpec> specs(2);
    specs[0].issuer = kHonest;
    specs[0].claims.tenant = "tenant";
    specs[0].claims.tenants = {"acme", "default"};
    specs[1].issuer = kLiar;
    specs[1].claims.tenant = "tenant";
    specs[1].claims.tenants = {"acme", "beta"};
    specs[1].claims.id_prefix = "l:";
    specs[1].claims.fallback = Rights::reading();
    ASSERT_TRUE(separate_issuers(specs));
    std::vector<JwtIssuers::Issuer> issuers;
    for (std::size_t i = 0; i < 2; ++i)
      issuers.push_back({{.terms = {.issuers = {specs[i].issuer}}, .claims = specs[i].claims},
                         i == 0 ? honest_keys_ : liar_keys_});
    issuers_.emplace(issuers, counters_);
  }

  std::string claims(const std::string& issuer, const std::string& subject,
                     const std::string& tenant) const {
    return R"({"iss":")" + issuer + R"(","sub":")" + subject + R"(","tenant":")" + tenant +
           R"(","exp":)" + std::to_string(loop_.unix_ms() / 1000 + 60) + "}";
  }
  Result<Principal> judge(const std::string& token) {
    std::optional<Result<Principal>> answer;
    issuers_->authenticate({.token = token}, loop_,
                           [&](Result<Principal> said) { answer = std::move(said); });
    return answer.value_or(fail(ErrorCode::kInvalid, "it waits"));
  }
  std::string refusal(const std::string& token) {
    const auto judged = judge(token);
    return judged ? "let in as " + judged->id : judged.error().message;
  }

  testing::VirtualLoop loop_;
  JwtCounters counters_;
  const TokenSigner honest_{Algorithm::kEs256, "k1"};
  const TokenSigner liar_{Algorithm::kEs256, "k1"};
  FixedKeys honest_keys_ = fixed_keys_of(honest_);
  FixedKeys liar_keys_ = fixed_keys_of(liar_);
  std::optional<JwtIssuers> issuers_;
};

TEST_F(JwtIssuersTest, EachLetsItsOwnPeopleIn) {
  const auto ann = judge(honest_.sign(claims(kHonest, "ann", "acme")));
  ASSERT_TRUE(ann) << ann.error().message;
  EXPECT_EQ(ann->id, "ann");
  EXPECT_EQ(ann->tenant(), "acme");
  EXPECT_EQ(ann->rights, Rights::writing());
  const auto other = judge(liar_.sign(claims(kLiar, "ann", "beta")));
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->id, "l:ann");
  EXPECT_EQ(other->rights, Rights::reading());
  EXPECT_EQ(other->identity->issuer, kLiar);
  EXPECT_EQ(judge(honest_.sign(claims(kHonest, "ann", "default")))->tenant(), "");
}

TEST_F(JwtIssuersTest, OneThatSignsForAnotherIsRefused) {
  EXPECT_EQ(refusal(liar_.sign(claims(kHonest, "ann", "acme"))),
            "the signature of the token is wrong");
  EXPECT_EQ(refusal(honest_.sign(claims(kLiar, "ann", "acme"))),
            "the signature of the token is wrong");
  EXPECT_EQ(refusal(liar_.sign(claims("https://third.example", "ann", "acme"))),
            "the token is of another issuer");
  EXPECT_EQ(refusal(liar_.sign(claims("", "ann", "acme"))), "the token is of another issuer");
  // An honest token that was judged before opens nothing for a forged one.
  ASSERT_TRUE(judge(honest_.sign(claims(kHonest, "ann", "acme"))));
  EXPECT_EQ(refusal(liar_.sign(claims(kHonest, "ann", "acme"))),
            "the signature of the token is wrong");
}

TEST_F(JwtIssuersTest, OneThatSpeaksOfWhatIsNotItsOwnIsRefused) {
  EXPECT_EQ(refusal(liar_.sign(claims(kLiar, "ann", "default"))),
            "the token names a tenant of which its issuer may not speak");
  EXPECT_EQ(refusal(honest_.sign(claims(kHonest, "ann", "beta"))),
            "the token names a tenant of which its issuer may not speak");
  EXPECT_EQ(refusal(honest_.sign(claims(kHonest, "l:ann", "acme"))),
            "the id in the token is reserved")
      << "the people of the other have such ids";
}

TEST_F(JwtIssuersTest, WhatIsNoTokenIsRefused) {
  for (const char* token : {"", "a.b.c", "..", "no"}) EXPECT_FALSE(judge(token)) << token;
}

// ---- the file of issuers

Result<std::vector<IssuerSpec>> parsed_issuers(const std::string& text) {
  return parse_issuers(text, Rights::writing());
}

TEST(IssuerList, SaysWhatIsTrusted) {
  const auto list = parsed_issuers(R"([
    {"issuer":"https://a.example","discovery":true,"audience":"docs","tenants":"acme","rights":"read"},
    {"issuer":"https://b.example","jwks_url":"https://b.example/keys","audience":["x","y"],
     "algorithms":["EdDSA"],"id_prefix":"b:","tenant_claim":"org","tenants":["beta","default"],
     "rights_claim":"scope","id_claim":"email","name_claim":"full","groups_claim":"teams",
     "events":{"issuer":"https://ssf.b.example","audience":"z","keys":"b.jwks"}}])");
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[0].keys.oidc, "https://a.example");
  EXPECT_EQ((*list)[0].claims.tenants, std::vector<std::string>{"acme"});
  EXPECT_EQ((*list)[0].claims.fallback, Rights::reading());
  const IssuerSpec& b = (*list)[1];
  EXPECT_EQ(b.keys.jwks_url, "https://b.example/keys");
  EXPECT_EQ(b.audiences, (std::vector<std::string>{"x", "y"}));
  EXPECT_FALSE(b.algorithms.has(Algorithm::kEs256));
  EXPECT_EQ(b.claims.id, "email");
  EXPECT_EQ(b.claims.tenant, "org");
  EXPECT_EQ(b.claims.fallback, Rights::writing());
  EXPECT_EQ(b.events.issuer, "https://ssf.b.example");
  EXPECT_EQ(b.events.keys.file, "b.jwks");
}

TEST(IssuerList, WhatIsWrongIsNamed) {
  const std::pair<const char*, const char*> wrongs[] = {
      {"{}", "no JSON list"},
      {"[", "no JSON list"},
      {"[7]", "issuer 1: an issuer is a JSON object"},
      {R"([{"discovery":true}])", "'issuer' is missing"},
      {R"([{"issuer":"a"}])", "'keys' are of one place"},
      {R"([{"issuer":"a","discovery":true,"keys":"f"}])", "'keys' are of one place"},
      {R"([{"issuer":"a","discovery":"yes"}])", "'discovery' is true or false"},
      {R"([{"issuer":"a","keys":"f","audence":"x"}])", "'audence' is no member"},
      {R"([{"issuer":"a","keys":"f","audience":[]}])", "'audience' is a text, or a list"},
      {R"([{"issuer":"a","keys":"f","audience":[7]}])", "'audience' is a text, or a list"},
      {R"([{"issuer":"a","keys":"f","algorithms":"none"}])", "'algorithms' names none"},
      {R"([{"issuer":"a","keys":"f","rights":"all"}])", "'rights' is read, write or admin"},
      {R"([{"issuer":"a","keys":"f","tenants":["b","c"]}])", "'tenants' has one name"},
      {R"([{"issuer":"a","keys":"f","tenants":"/b"}])", "issuer 1"},
      {R"([{"issuer":"a\u0000","keys":"f"}])", "'issuer' is a text"},
      {R"([{"issuer":"a","keys":"f","events":{"keys":"f","jwks_url":"u"}}])", "'events' has keys"},
      {R"([{"issuer":"a","keys":"f","events":{"rights":"read"}}])", "'rights' is no member"}};
  for (const auto& [text, reason] : wrongs) {
    const auto list = parsed_issuers(text);
    ASSERT_FALSE(list) << text;
    EXPECT_NE(list.error().message.find(reason), std::string::npos)
        << text << ": " << list.error().message;
  }
}

TEST(IssuerList, NoTwoMaySpeakOfTheSamePeople) {
  const auto refused = [](const std::string& text) {
    auto list = parsed_issuers(text).value();
    const auto apart = separate_issuers(list);
    return apart ? std::string() : apart.error().message;
  };
  const std::string a = R"({"issuer":"a","keys":"f")";
  const std::string b = R"({"issuer":"b","keys":"f")";
  EXPECT_NE(refused("[" + a + "}," + b + "}]"), "") << "both of the default tenant";
  EXPECT_NE(refused("[" + a + "}," + a + R"(,"id_prefix":"x:"}])"), "") << "the same name";
  EXPECT_EQ(refused("[" + a + "}," + b + R"(,"id_prefix":"x:"}])"), "");
  EXPECT_EQ(refused("[" + a + "}," + b + R"(,"tenants":"beta"}])"), "");
  EXPECT_NE(refused("[" + a + R"(,"tenant_claim":"t"},)" + b + R"(,"tenants":"beta"}])"), "")
      << "the first may speak of any tenant";
  EXPECT_NE(refused("[" + a + R"(,"events":{"issuer":"b"}},)" + b + R"(,"tenants":"beta"}])"), "")
      << "whose events are they?";
}

}  // namespace
}  // namespace syncline::identity
