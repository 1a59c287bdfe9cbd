#include "jose/claims.h"

#include <gtest/gtest.h>

#include <string>

namespace syncline::jose {
namespace {

constexpr std::uint64_t kNow = 1'800'000'000'000;

// "": accepted.
std::string judged(std::string_view json, const Terms& terms) {
  const auto claims = parse_claims(as_bytes(json));
  if (!claims) return claims.error().message;
  const auto checked = check_claims(*claims, terms, kNow);
  return checked ? "" : checked.error().message;
}

TEST(Claims, AreReadByName) {
  const auto claims = parse_claims(as_bytes(
      R"({"iss":"i","sub":"s","jti":"t","aud":["a","b"],"exp":1.5,"nbf":2,"iat":3,"more":{"x":[1]}})"));
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->issuer, "i");
  EXPECT_EQ(claims->subject, "s");
  EXPECT_EQ(claims->id, "t");
  EXPECT_EQ(claims->audience, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(claims->expires_ms, 1500);
  EXPECT_EQ(claims->not_before_ms, 2000);
  EXPECT_EQ(claims->issued_ms, 3000);
  EXPECT_NE(claims->all.find("more"), nullptr);
}

TEST(Claims, TheWrongTypeIsMalformed) {
  for (const char* json :
       {"", "[]", "1", "{", R"({"iss":1})", R"({"sub":null})", R"({"jti":{}})", R"({"aud":1})",
        R"({"aud":["a",1]})", R"({"exp":"1800000000"})", R"({"exp":-1})", R"({"exp":1e300})",
        R"({"nbf":true})", R"({"iat":[]})"}) {
    const auto claims = parse_claims(as_bytes(json));
    ASSERT_FALSE(claims) << json;
    EXPECT_EQ(claims.error().code, ErrorCode::kMalformed);
  }
}

TEST(Claims, AnExpiryIsRequiredAndHeld) {
  EXPECT_EQ(judged("{}", {}), "the token never expires");
  EXPECT_EQ(judged("{}", {.must_expire = false}), "");
  EXPECT_EQ(judged(R"({"exp":1800000001})", {}), "");
  EXPECT_EQ(judged(R"({"exp":1800000000})", {}), "the token has expired");
  EXPECT_EQ(judged(R"({"exp":1800000000})", {.leeway_ms = 1}), "");
  EXPECT_EQ(judged(R"({"exp":1799999990})", {.leeway_ms = 10'000}), "the token has expired");
  EXPECT_EQ(judged(R"({"exp":1799999990})", {.leeway_ms = 10'001}), "");
  EXPECT_EQ(judged(R"({"exp":0})", {.must_expire = false}), "the token has expired");
}

TEST(Claims, ATokenOfTheFutureIsRefused) {
  EXPECT_EQ(judged(R"({"exp":1900000000,"nbf":1800000001})", {}), "the token is not valid yet");
  EXPECT_EQ(judged(R"({"exp":1900000000,"nbf":1800000001})", {.leeway_ms = 1000}), "");
  EXPECT_EQ(judged(R"({"exp":1900000000,"nbf":1800000000})", {}), "");
  EXPECT_EQ(judged(R"({"exp":1900000000,"iat":1800000001})", {}),
            "the token was issued in the future");
  EXPECT_EQ(judged(R"({"exp":1900000000,"iat":1800000001})", {.leeway_ms = 1000}), "");
}

TEST(Claims, IssuerAndAudienceMustMatchExactly) {
  const Terms terms{.issuers = {"https://id.example"}, .audiences = {"docs", "notes"}};
  const auto with = [&](const std::string& issuer, const std::string& audience) {
    return judged(R"({"exp":1900000000,"iss":")" + issuer + R"(","aud":)" + audience + "}", terms);
  };
  EXPECT_EQ(with("https://id.example", R"("docs")"), "");
  EXPECT_EQ(with("https://id.example", R"(["other","notes"])"), "");
  EXPECT_EQ(with("https://id.example/", R"("docs")"), "the token is of another issuer");
  EXPECT_EQ(with("", R"("docs")"), "the token is of another issuer");
  EXPECT_EQ(with("https://id.example", R"("doc")"), "the token is for another audience");
  EXPECT_EQ(with("https://id.example", "[]"), "the token is for another audience");
  EXPECT_EQ(judged(R"({"exp":1900000000,"iss":"https://id.example"})", terms),
            "the token is for another audience");
}

}  // namespace
}  // namespace syncline::jose
