#include "jose/key_set.h"

#include <gtest/gtest.h>

#include <string>

#include "jose/jws.h"
#include "support/token_signer.h"

namespace syncline::jose {
namespace {

using testing::TokenSigner;

std::string set_of(const std::vector<std::string>& keys) {
  std::string text = R"({"keys":[)";
  for (const std::string& key : keys) text += (text.back() == '[' ? "" : ",") + key;
  return text + "]}";
}

KeySet keys_of(const std::string& json, KeySet::Secrets secrets = KeySet::Secrets::kIgnored) {
  auto keys = KeySet::from_json(json, secrets);
  EXPECT_TRUE(keys) << keys.error().message;
  return keys.value_or(KeySet());
}

std::string refusal(const std::string& token, const KeySet& keys,
                    Algorithms allowed = Algorithms::all()) {
  const auto jws = parse_jws(token);
  if (!jws) return jws.error().message;
  const auto verified = verify(*jws, keys, allowed);
  return verified ? "" : verified.error().message;
}

class EveryAlgorithm : public ::testing::TestWithParam<Algorithm> {};

INSTANTIATE_TEST_SUITE_P(Jose, EveryAlgorithm,
                         ::testing::Values(Algorithm::kEdDsa, Algorithm::kEs256, Algorithm::kEs384,
                                           Algorithm::kRs256, Algorithm::kPs256,
                                           Algorithm::kHs256));

TEST_P(EveryAlgorithm, VerifiesItsOwnTokensAlone) {
  const TokenSigner signer(GetParam(), "k1");
  const TokenSigner other(GetParam(), "k1");
  const auto secrets = KeySet::Secrets::kAccepted;
  const std::string token = signer.sign(R"({"sub":"ann"})");
  EXPECT_EQ(refusal(token, keys_of(signer.jwk(), secrets)), "");
  EXPECT_EQ(refusal(token, keys_of(other.jwk(), secrets)), "the signature of the token is wrong");
  EXPECT_EQ(refusal(token, keys_of(signer.jwk(), secrets), Algorithms{}),
            "the token is signed with an algorithm that is not accepted");
  std::string changed = token;
  changed[token.find('.') + 3] ^= 1;
  EXPECT_NE(refusal(changed, keys_of(signer.jwk(), secrets)), "");
}

TEST_P(EveryAlgorithm, IsPinnedToTheKey) {
  const TokenSigner signer(GetParam(), "k1");
  const auto secrets = KeySet::Secrets::kAccepted;
  for (const Algorithm other : {Algorithm::kEdDsa, Algorithm::kEs256, Algorithm::kEs384,
                                Algorithm::kRs256, Algorithm::kPs256, Algorithm::kHs256}) {
    if (other == GetParam()) continue;
    const std::string header = R"({"kid":"k1","alg":")" + std::string(name_of(other)) + R"("})";
    EXPECT_EQ(refusal(signer.sign_with_header(header, "{}"), keys_of(signer.jwk(), secrets)),
              "the key of the token is not for its algorithm");
  }
}

// The oldest trick: a public key, which everybody has, taken as a secret.
TEST(KeySet, APublicKeyIsNoSecret) {
  const TokenSigner rsa(Algorithm::kRs256, "k1");
  const TokenSigner forger = TokenSigner::with_secret(rsa.pem(), "k1");
  for (const auto secrets : {KeySet::Secrets::kAccepted, KeySet::Secrets::kIgnored}) {
    EXPECT_NE(refusal(forger.sign("{}"), keys_of(rsa.jwk(), secrets)), "");
    EXPECT_NE(refusal(forger.sign("{}"), KeySet::from_file_text(rsa.pem(), secrets).value()), "");
  }
}

TEST(KeySet, TheHeaderBringsNoKeysAndNoExtensions) {
  const TokenSigner ours(Algorithm::kEs256, "k1");
  const TokenSigner theirs(Algorithm::kEs256, "k1");
  const KeySet keys = keys_of(ours.jwk());
  const auto with = [](const std::string& more) {
    return R"({"alg":"ES256","kid":"k1",)" + more + "}";
  };
  EXPECT_EQ(refusal(theirs.sign_with_header(with(R"("jwk":)" + theirs.jwk()), "{}"), keys),
            "the signature of the token is wrong");
  EXPECT_EQ(refusal(theirs.sign_with_header(with(R"("jku":"https://x.example")"), "{}"), keys),
            "the signature of the token is wrong");
  EXPECT_EQ(refusal(ours.sign_with_header(with(R"("crit":["exp"])"), "{}"), keys),
            "the token asks for extensions that are not accepted");
  EXPECT_EQ(refusal(ours.sign_with_header(with(R"("b64":true)"), "{}"), keys),
            "the token asks for extensions that are not accepted");
  for (const char* algorithm : {"none", "None", "NONE", "nOnE", "", "HS512", "es256"})
    EXPECT_EQ(refusal(ours.sign_with_header(
                          R"({"kid":"k1","alg":")" + std::string(algorithm) + "\"}", "{}"),
                      keys),
              "the token is signed with an algorithm that is not accepted");
  for (const char* header :
       {"[]", "{}x", R"({"alg":1})", R"({"alg":"ES256","kid":1})", "\"ES256\""})
    EXPECT_NE(refusal(ours.sign_with_header(header, "{}"), keys), "") << header;
}

TEST(KeySet, ATokenHasLimits) {
  EXPECT_EQ(parse_jws(std::string(kMaxTokenBytes + 1, 'A')).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(parse_jws(std::string(kMaxHeaderBytes + 1, 'A') + ".AA.AA").error().code,
            ErrorCode::kTooLarge);
  for (const char* token : {"", ".", "..", "a.b", "a.b.c.d", "e30.e30.", "..AA", "e30..AA"})
    EXPECT_FALSE(parse_jws(token)) << token;
}

TEST(KeySet, TheRightKeyIsFoundByItsId) {
  const TokenSigner one(Algorithm::kEs256, "k1");
  const TokenSigner two(Algorithm::kEs256, "k2");
  const KeySet keys = keys_of(set_of({one.jwk(), two.jwk()}));
  EXPECT_EQ(refusal(one.sign("{}"), keys), "");
  EXPECT_EQ(refusal(two.sign("{}"), keys), "");
  EXPECT_EQ(keys.find("k3", Algorithm::kEs256).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(keys.find("", Algorithm::kEs256).error().message,
            "several keys could have signed the token");
  EXPECT_TRUE(keys_of(one.jwk()).find("", Algorithm::kEs256));
}

TEST(KeySet, DoubtfulSetsAreRefused) {
  const TokenSigner one(Algorithm::kEs256, "k1");
  const TokenSigner two(Algorithm::kEs256, "k1");
  const TokenSigner secret(Algorithm::kHs256, "k2");
  const auto accepted = KeySet::Secrets::kAccepted;
  EXPECT_EQ(KeySet::from_json(set_of({one.jwk(), two.jwk()}), accepted).error().message,
            "two keys have the same kid");
  EXPECT_EQ(KeySet::from_json(set_of({one.jwk(), secret.jwk()}), accepted).error().message,
            "secrets and public keys are mixed");
  // If secrets do not count, they are left out, as everything else that is of no use.
  EXPECT_EQ(keys_of(set_of({one.jwk(), secret.jwk(), R"({"kty":"new"})", "1"})).keys().size(), 1);
  EXPECT_EQ(KeySet::from_json(secret.jwk(), KeySet::Secrets::kIgnored).error().message,
            "there is no usable key: secrets (HS256) are not accepted here");
  EXPECT_EQ(KeySet::from_json(set_of({}), accepted).error().message, "there is no usable key");
  EXPECT_EQ(KeySet::from_json(R"({"keys":1})", accepted).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(KeySet::from_json("[]", accepted).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(KeySet::from_json(std::string(kMaxKeySetBytes + 1, ' '), accepted).error().code,
            ErrorCode::kTooLarge);
  EXPECT_EQ(KeySet::from_json(set_of(std::vector<std::string>(kMaxKeys + 1, "{}")), accepted)
                .error()
                .code,
            ErrorCode::kTooLarge);
}

TEST(KeySet, APublisherSaysWhatAKeyIsFor) {
  const TokenSigner signer(Algorithm::kRs256, "k1");
  const std::string bare = signer.bare_jwk();  // without alg
  const auto with = [&](const std::string& more) {
    return bare.substr(0, bare.size() - 1) + "," + more + "}";
  };
  EXPECT_EQ(keys_of(bare).keys()[0].algorithms(),
            (Algorithms{Algorithm::kRs256, Algorithm::kPs256}));
  EXPECT_EQ(keys_of(with(R"("alg":"PS256")")).keys()[0].algorithms(),
            (Algorithms{Algorithm::kPs256}));
  EXPECT_EQ(keys_of(with(R"("use":"sig","key_ops":["sign","verify"])")).keys().size(), 1);
  for (const char* more :
       {R"("use":"enc")", R"("use":1)", R"("key_ops":["sign"])", R"("key_ops":"verify")",
        R"("alg":"RS512")", R"("alg":"ES256")", R"("alg":"HS256")", R"("alg":null)", R"("kid":7)"})
    EXPECT_FALSE(KeySet::from_json(with(more), KeySet::Secrets::kIgnored)) << more;
}

TEST(KeySet, PemHoldsKeysWithoutIds) {
  const TokenSigner ec(Algorithm::kEs256, "k1");
  const TokenSigner ed(Algorithm::kEdDsa, "k2");
  const auto keys =
      KeySet::from_file_text("words before\n" + ec.pem() + ed.pem(), KeySet::Secrets::kIgnored);
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(refusal(ec.sign("{}"), *keys), "");
  EXPECT_EQ(refusal(ed.sign("{}"), *keys), "");
  for (const std::string& text :
       {std::string(), std::string("no key"), ec.pem().substr(0, 80), ec.private_pem()})
    EXPECT_FALSE(KeySet::from_file_text(text, KeySet::Secrets::kIgnored)) << text;
}

}  // namespace
}  // namespace syncline::jose
