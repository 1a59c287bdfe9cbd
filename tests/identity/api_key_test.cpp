#include "identity/api_key.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "support/test_world.h"

namespace syncline::identity {
namespace {

const std::string kSecret(kKeySecretChars, 'b');

ApiKey key() {
  return {.id = "abcdefghijklmnop",
          .secret_hash = hash_of_secret(kSecret),
          .label = "nightly export",
          .principal = "key:abcdefghijklmnop",
          .name = "Robot",
          .tenant = "acme",
          .rights = "write",
          .workspace = "docs",
          .object = "plan",
          .made_by = "token",
          .made_ms = 1000,
          .expires_ms = 5000,
          .used_ms = 2000};
}

TEST(ApiKey, ATextIsAKeyOrItIsNot) {
  const std::string good = "slk_abcdefghijklmnop_" + kSecret;
  const auto parsed = parse_key(good);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->id, "abcdefghijklmnop");
  EXPECT_EQ(parsed->secret, kSecret);
  for (std::string bad : {std::string(), std::string("slk_"), good + "b", good.substr(1),
                          good.substr(0, good.size() - 1), "slt" + good.substr(3)})
    EXPECT_FALSE(parse_key(bad)) << bad;
  for (const std::size_t at : {4, 20, 30}) {
    std::string bad = good;
    bad[at] = '1';
    EXPECT_FALSE(parse_key(bad)) << bad;
  }
}

TEST(ApiKey, ItsIdIsFoundInWhatPeoplePaste) {
  for (const std::string& text :
       {std::string("abcdefghijklmnop"), std::string("slk_abcdefghijklmnop"),
        "slk_abcdefghijklmnop_" + kSecret})
    EXPECT_EQ(key_id_of(text), "abcdefghijklmnop");
  EXPECT_FALSE(key_id_of("nightly export"));
  EXPECT_FALSE(key_id_of(""));
}

TEST(ApiKey, NewOnesDiffer) {
  testing::TestRandom random;
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const NewKey made = new_key(random);
    ids.insert(made.id);
    const std::string text = made.text();
    const auto parsed = parse_key(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->id, made.id);
    EXPECT_EQ(parsed->secret, made.secret);
  }
  EXPECT_EQ(ids.size(), 100U);
}

TEST(ApiKey, LetsItsHolderInWithWhatItSays) {
  const auto who = judge_key(key(), kSecret, 4999);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->id, "key:abcdefghijklmnop");
  EXPECT_EQ(who->rights, Rights::writing());
  EXPECT_EQ(who->identity->token, "slk_abcdefghijklmnop");
  EXPECT_EQ(who->identity->tenant, "acme");
  EXPECT_EQ(who->identity->workspace, "docs");
  EXPECT_EQ(who->identity->object, "plan");
  EXPECT_EQ(who->expires_ms(), 5000U);
  ApiKey minting = key();
  minting.for_others = true;
  EXPECT_TRUE(judge_key(minting, kSecret, 0)->rights.has(Right::kMintForOthers));
}

// Whoever guesses learns nothing of a key, not even that it was revoked.
TEST(ApiKey, TheReasonIsForWhoeverKnowsTheSecret) {
  const auto reason = [](const ApiKey& key, std::string_view secret, std::uint64_t now_ms) {
    const auto who = judge_key(key, secret, now_ms);
    EXPECT_EQ(who.error().code, ErrorCode::kUnauthorized);
    return who.error().message;
  };
  ApiKey revoked = key();
  revoked.revoked_ms = 1;
  EXPECT_EQ(reason(key(), kSecret, 5000), "this key has expired");
  EXPECT_EQ(reason(revoked, kSecret, 0), "this key was revoked");
  const std::string wrong(kKeySecretChars, 'c');
  EXPECT_EQ(reason(key(), wrong, 0), "unknown token");
  EXPECT_EQ(reason(key(), wrong, 5000), "unknown token");
  EXPECT_EQ(reason(revoked, wrong, 0), "unknown token");
  EXPECT_EQ(reason(key(), "", 0), "unknown token");
}

TEST(ApiKey, IsStoredAndReadWhole) {
  ApiKey all = key();
  all.for_others = true;
  all.revoked_ms = 3000;
  const Bytes value = encode_api_key(all);
  EXPECT_EQ(decode_api_key(all.id, value), all);
  // The secret is not in it.
  EXPECT_EQ(as_text(value).find(kSecret), std::string_view::npos);
  for (std::size_t size = 0; size < value.size(); ++size)
    EXPECT_FALSE(decode_api_key(all.id, ByteView(value).first(size))) << size;
  Bytes longer = value;
  longer.push_back(0);
  EXPECT_FALSE(decode_api_key(all.id, longer));
  ApiKey odd = key();
  odd.rights = "everything";
  EXPECT_FALSE(decode_api_key(odd.id, encode_api_key(odd)));
}

}  // namespace
}  // namespace syncline::identity
