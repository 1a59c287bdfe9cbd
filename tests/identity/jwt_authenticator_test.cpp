#include "identity/jwt_authenticator.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "support/token_signer.h"
#include "support/virtual_loop.h"

namespace syncline::identity {
namespace {

using jose::Algorithm;
using testing::TokenSigner;

jose::KeySet keys_of(const TokenSigner& signer) {
  return jose::KeySet::from_json(signer.jwk(), jose::KeySet::Secrets::kIgnored).value();
}

// Keys that a test hands out when it wants to.
class HandKeys final : public KeySource {
 public:
  Keys keys() override { return now; }
  void ask(const Keys&, Scheduler&, KeyCache::Done done) override {
    waiting.push_back(std::move(done));
  }
  void set(const TokenSigner& signer) {
    now = std::make_shared<const jose::KeySet>(keys_of(signer));
  }
  void answer(const Result<Keys>& keys) {
    for (auto& done : std::exchange(waiting, {})) done(keys);
  }

  Keys now;
  std::vector<KeyCache::Done> waiting;
};

class JwtAuthenticatorTest : public ::testing::Test {
 protected:
  // Claims that are right, with `more` in front of them.
  std::string claims(const std::string& more = "", std::uint64_t lifetime_s = 60) const {
    return "{" + more +
           R"("sub":"u-1","name":"Ann","iss":"https://id.example","aud":"docs","exp":)" +
           std::to_string(loop.unix_ms() / 1000 + lifetime_s) + "}";
  }

  Result<Principal> judge(const std::string& token, bool may_ask = true) {
    answered.reset();
    authenticator.authenticate({.token = token, .may_ask = may_ask}, loop,
                               [this](Result<Principal> said) { answered = std::move(said); });
    if (!answered) return fail(ErrorCode::kInvalid, "it waits");
    return *answered;
  }
  std::string refusal(const std::string& token) {
    const auto judged = judge(token);
    return judged ? "" : judged.error().message;
  }

  testing::VirtualLoop loop;
  HandKeys keys;
  JwtCounters counters;
  const TokenSigner signer{Algorithm::kEs256, "k1"};
  const JwtAuthenticator authenticator{
      {.terms = {.issuers = {"https://id.example"}, .audiences = {"docs"}, .leeway_ms = 5000}},
      keys,
      counters};
  std::optional<Result<Principal>> answered;
};

TEST_F(JwtAuthenticatorTest, TellsWhoItIs) {
  keys.set(signer);
  const auto principal = judge(signer.sign(claims(R"("jti":"t-1","iat":1600000000,)")));
  ASSERT_TRUE(principal) << principal.error().message;
  EXPECT_EQ(principal->id, "u-1");
  EXPECT_EQ(principal->rights, Rights::writing());
  ASSERT_NE(principal->identity, nullptr);
  EXPECT_EQ(principal->identity->source, Identity::Source::kJwt);
  EXPECT_EQ(principal->identity->name, "Ann");
  EXPECT_EQ(principal->identity->issuer, "https://id.example");
  EXPECT_EQ(principal->identity->token, "t-1");
  EXPECT_EQ(principal->identity->issued_ms, 1'600'000'000'000);
  EXPECT_EQ(principal->expires_ms(), loop.unix_ms() / 1000 * 1000 + 65'000);  // with the leeway
}

TEST_F(JwtAuthenticatorTest, RemembersUntilTheTokenExpires) {
  keys.set(signer);
  const std::string token = signer.sign(claims());
  const auto first = judge(token);
  const auto second = judge(token);
  EXPECT_EQ(first->identity, second->identity);  // shared
  EXPECT_EQ(counters.accepted, 1);
  EXPECT_EQ(counters.remembered, 1);
  loop.advance(64'998);  // it began at 1
  EXPECT_TRUE(judge(token));
  loop.advance(1);
  EXPECT_EQ(refusal(token), "the token has expired");
  EXPECT_EQ(counters.refused, 1);
}

TEST_F(JwtAuthenticatorTest, WhatItRemembersIsBounded) {
  keys.set(signer);
  const std::string first = signer.sign(claims());
  EXPECT_TRUE(judge(first));
  for (std::size_t i = 0; i < JwtAuthenticator::kMaxRemembered; ++i)
    EXPECT_TRUE(judge(signer.sign(claims(R"("n":)" + std::to_string(i) + ","))));
  EXPECT_EQ(counters.remembered, 0);
  EXPECT_TRUE(judge(first));
  EXPECT_EQ(counters.remembered, 0);  // it was forgotten, and verified again
}

TEST_F(JwtAuthenticatorTest, AKeyThatWasRemovedOpensNothing) {
  keys.set(signer);
  const std::string token = signer.sign(claims());
  EXPECT_TRUE(judge(token));
  keys.set(TokenSigner(Algorithm::kEs256, "k2"));
  EXPECT_EQ(refusal(token), "it waits");
  keys.answer(keys.now);
  EXPECT_EQ(answered->error().message, "no key is known for the token");
  keys.set(TokenSigner(Algorithm::kEs256, "k1"));  // the same id, another key
  EXPECT_EQ(refusal(token), "the signature of the token is wrong");
}

TEST_F(JwtAuthenticatorTest, AnUnknownKeyIsAskedForOnce) {
  keys.set(TokenSigner(Algorithm::kEs256, "k0"));
  const std::string token = signer.sign(claims());
  EXPECT_EQ(refusal(token), "it waits");
  keys.set(signer);
  keys.answer(keys.now);
  ASSERT_TRUE(answered && answered->has_value());
  EXPECT_TRUE(judge(token));
  EXPECT_TRUE(keys.waiting.empty());
}

TEST_F(JwtAuthenticatorTest, WithoutKeysNobodyIsLetIn) {
  const std::string token = signer.sign(claims());
  EXPECT_EQ(refusal(token), "it waits");
  keys.answer(fail(ErrorCode::kUnavailable, "the keys cannot be fetched"));
  EXPECT_EQ(answered->error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(judge(token, false).error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(keys.waiting.empty());
  EXPECT_EQ(counters.unavailable, 2);
}

TEST_F(JwtAuthenticatorTest, RefusesWithAReason) {
  keys.set(signer);
  const auto with = [&](const std::string& more) { return refusal(signer.sign(claims(more))); };
  EXPECT_EQ(refusal("a.b.c"), "this is no signed token");
  EXPECT_EQ(refusal(std::string(jose::kMaxTokenBytes + 1, '.')), "the token is too long");
  EXPECT_EQ(refusal(signer.sign("{}")), "the token is of another issuer");
  // The last of several equal members counts, so what stands in front does not.
  EXPECT_EQ(with(R"("iss":"x",)"), "");
  EXPECT_EQ(with(R"("nbf":4000000000,)"), "the token is not valid yet");
  EXPECT_EQ(with(R"("iat":4000000000,)"), "the token was issued in the future");
  EXPECT_EQ(refusal(TokenSigner(Algorithm::kEs256, "k1").sign(claims())),
            "the signature of the token is wrong");
  for (const char* type : {"secevent+jwt", "logout+jwt", "dpop+jwt", "JWE"})
    EXPECT_EQ(refusal(signer.sign_with_header(
                  R"({"alg":"ES256","kid":"k1","typ":")" + std::string(type) + "\"}", claims())),
              "the token is for another purpose");
  for (const char* type : {"JWT", "jwt", "at+jwt", "application/at+JWT"})
    EXPECT_EQ(refusal(signer.sign_with_header(
                  R"({"alg":"ES256","kid":"k1","typ":")" + std::string(type) + "\"}", claims())),
              "");
}

TEST_F(JwtAuthenticatorTest, OnlyAlgorithmsOfTheOperatorCount) {
  const JwtAuthenticator strict({.algorithms = {Algorithm::kEdDsa}}, keys, counters);
  keys.set(signer);
  strict.authenticate({.token = signer.sign(claims())}, loop,
                      [this](Result<Principal> said) { answered = std::move(said); });
  EXPECT_EQ(answered->error().message,
            "the token is signed with an algorithm that is not accepted");
}

}  // namespace
}  // namespace syncline::identity
